-- failing: a check that fails, among hostile output. A case for the report in test/browser/browser.sh.

local engine = require "engine"

local HOSTILE = [[printf '</script><script>document.title="owned";owned=1</script>\n'
printf '<img src=x onerror="owned=2">\n<!-- <script> \n</style></textarea><svg onload=owned=3>\n'
printf '\033[1;31mneedle red\033[0m \033]0;owned\007 and \377\000 bytes, gr\303\274n\n'
printf 'needle again\nNEEDLE at last\nready> '
while read -r line; do [ "$line" = quit ] && exit; printf 'said %s\nready> ' "$line"; done]]

return rig.case {
  name = "hostile words </script><script>owned=4</script>", timeout = 20,

  run = function(t)
    t:phase "start <b>it</b>"
    local console = assert(t:here():spawn({ "sh", "-c", HOSTILE }, { name = "hostile", quit = "quit" }))
    assert(console:set_prompt("ready> "):await_prompt())
    t:phase "ask"
    assert(console:command("one"))
    assert(console:command("</script><img src=x onerror=owned=5>"))
    for i = 1, 3 do
      engine.log("sample", { console = "hostile", port = 0, rx = 1000 * i, tx = 10, first = i == 1 and true or nil })
    end
    local png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    t:here():run({ "sh", "-c", [[cd "$1"; base64 -d >dot.png; printf "%s" "<b>kept</b>" >"<a> #1.txt"
      head -c 9 /dev/zero >x.pcap]], "sh", t:dir() }, { input = png })
    t:truthy(true, "a grün ± check that holds")
    -- long enough that a millisecond is too narrow for a mouse
    t:elapse(0.5)
    t:phase "end"
    assert(console:close())
    t:equal("</script><b>7</b>", 8, "the <i>rate</i> is right")
  end,
}
