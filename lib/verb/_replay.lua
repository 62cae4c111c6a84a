--- _replay: the process that replays a recorded case.

return { main = require("replay.replay").child }
