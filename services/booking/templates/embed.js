"use strict";
// Shows the booking of a first talk on the page that has this script. A link before it leads there without scripts too,
// and stays where the practice has not named this site, as the frame is not shown then.
(() => {
  const script = document.currentScript, home = new URL(script.src).origin, link = script.previousElementSibling;
  const frame = Object.assign(document.createElement("iframe"), {
    src: `${home}/t/${encodeURIComponent(script.dataset.tyonohjaaja)}/upota`,
    title: "Kartoittavan keskustelun varaus",
  });
  Object.assign(frame.style, { display: "block", width: "100%", height: "0", border: "0" });
  addEventListener("message", (said) => {
    if (said.origin !== home || said.source !== frame.contentWindow) return;
    const height = said.data?.tyonohjaus?.height;
    if (!Number.isFinite(height) || height <= 0) return;
    frame.style.height = `${Math.min(Math.ceil(height), 5000)}px`;
    if (link?.matches("a")) link.hidden = true;
  });
  script.after(frame);
})();
