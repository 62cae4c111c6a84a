// artifacts: the files that a case kept (t:dir): each with its size and a link; texts and PNG pictures are shown.

const artifacts = (() => {
  const size = (bytes) => (bytes < 10000 ? `${bytes} bytes` : bytes < 1e7 ? `${(bytes / 1000).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(0)} MB`);

  function shown(file) {
    if (file.kind === "png") return view.make("img", { src: `data:image/png;base64,${btoa(recording.bytes(file.block))}`, alt: words.clean(file.artifact) });
    if (file.kind !== "text") return null;
    return view.make("details", {}, view.make("summary", {}, file.cut ? `the first ${size(file.cut)}` : "show"),
      view.make("pre", {}, recording.text(file.block).split("\n").map(words.clean).join("\n")));
  }

  // null: it has none
  function make(files) {
    if (files.length === 0) return null;
    return view.make("table", { class: "artifacts stack" }, view.make("tbody", {}, ...files.map((file) =>
      view.make("tr", {}, view.make("td", {}, view.make("a", { href: file.href }, words.clean(file.artifact))),
        view.make("td", { class: "number" }, size(file.size)), view.make("td", { class: "words" }, shown(file))))));
  }

  return { make };
})();
