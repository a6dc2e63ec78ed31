"use strict";
// Everything works without this script. It leads to what is wrong, keeps a second press of a button from waiting for
// nothing, and saves forms that ask for it while one goes on writing.

document.getElementById("virheet")?.focus();

for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (sent) => {
    if (form.dataset.sent) sent.preventDefault();
    form.dataset.sent = "1";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

for (const form of document.querySelectorAll("form[data-draft]")) {
  const said = form.querySelector("[role=status]");
  let waiting = 0, saved = Promise.resolve();
  const save = async () => {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.dataset.draft, { method: "POST", body, redirect: "manual", keepalive: true }).catch(() => null);
    said.textContent = answer?.type === "opaqueredirect" ? said.dataset.saved : said.dataset.failed;
  };
  const flush = () => {
    if (waiting) saved = saved.then(save);
    clearTimeout(waiting);
    waiting = 0;
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(flush, 600);
  });
  form.addEventListener("submit", () => clearTimeout(waiting));
  document.addEventListener("visibilitychange", flush);
}
