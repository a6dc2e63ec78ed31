"use strict";
// Everything works without this script. It leads to what is wrong, keeps a second press of a button from waiting for
// nothing, saves forms that ask for it while one goes on writing, and adds rows without a new page.

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

for (const button of document.querySelectorAll("button[data-adds]")) {
  button.addEventListener("click", (pressed) => {
    pressed.preventDefault();
    const last = [...button.form.querySelectorAll(button.dataset.adds)].at(-1), row = last.cloneNode(true);
    const number = Number(last.dataset.row), renamed = (name) => name.replace(`.${number}.`, `.${number + 1}.`);
    row.dataset.row = number + 1;
    for (const part of row.querySelectorAll("input[type=hidden], .wrong")) part.remove();
    for (const part of row.querySelectorAll("[data-number]")) part.textContent = Number(part.textContent) + 1;
    for (const label of row.querySelectorAll("label")) label.htmlFor = renamed(label.htmlFor);
    for (const field of row.querySelectorAll("input")) {
      Object.assign(field, { id: renamed(field.id), name: renamed(field.name), value: "" });
      for (const name of ["aria-invalid", "aria-describedby"]) field.removeAttribute(name);
    }
    last.after(row);
    row.querySelector("input").focus();
  });
}
