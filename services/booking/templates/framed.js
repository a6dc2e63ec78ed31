"use strict";
// Tells the page around how high this one is, and nothing else; see embed.js.
if (parent !== self) {
  const tell = () => parent.postMessage({ tyonohjaus: { height: document.body.offsetHeight } }, "*");
  new ResizeObserver(tell).observe(document.body);
}
