"use strict";
// Everything works without this script. It leads to what is wrong, keeps a second press of a button from waiting for
// nothing, saves forms that ask for it while one goes on writing, adds rows without a new page, and searches as one types.

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
  let waiting = 0, saving = 0, done = Promise.resolve();
  const save = async () => {
    const body = new URLSearchParams(new FormData(form)), { saved, failed, overtaken, clock } = said.dataset;
    body.delete("kerta"); // which stands for one press of a button
    const keepalive = body.toString().length < 60_000; // browsers keep no more alive of a page that is left
    const answer = await fetch(form.dataset.draft, { method: "POST", body, redirect: "manual", keepalive }).catch(() => null);
    const version = answer?.headers.get("ETag"), now = new Date().toLocaleTimeString("fi-FI", { hour: "numeric", minute: "2-digit" });
    if (version) form.elements.versio.value = version;
    if (answer?.ok || answer?.type === "opaqueredirect") said.textContent = clock === undefined ? saved : `${saved} ${now}`;
    else said.textContent = answer?.status === 412 ? overtaken : failed;
    saving -= 1;
  };
  const flush = () => {
    if (waiting) {
      saving += 1;
      done = done.then(save);
    }
    clearTimeout(waiting);
    waiting = 0;
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(flush, 600);
  });
  // What is being saved changes the version that the form has to name.
  form.addEventListener("submit", async (sent) => {
    clearTimeout(waiting);
    waiting = 0;
    if (!saving) return;
    sent.preventDefault();
    delete form.dataset.sent;
    await done;
    form.requestSubmit(sent.submitter);
  });
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

const search = document.querySelector("form[role=search]");
if (search) {
  const field = search.elements.haku, own = document.getElementById("loydetyt");
  const place = own ?? search.appendChild(Object.assign(document.createElement("div"), { className: "found sheet", hidden: true }));
  const first = own?.innerHTML, shortcut = "ilman-pikanappainta";
  let waiting = 0;
  const show = async () => {
    const asked = field.value.trim();
    if (own) history.replaceState({ haku: field.value }, "");
    if (asked.length < 2) {
      own ? (own.innerHTML = first) : (place.hidden = true);
      return;
    }
    const answer = await fetch(search.action, { method: "POST", body: new URLSearchParams({ haku: asked }) }).catch(() => null);
    if (!answer?.ok || field.value.trim() !== asked) return;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("loydetyt");
    if (!found) return;
    place.replaceChildren(...found.childNodes);
    place.hidden = false;
  };
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 200);
  });
  search.addEventListener("keydown", (pressed) => {
    if (pressed.key !== "Escape" || own || place.hidden) return;
    pressed.preventDefault(); // which would empty the field
    place.hidden = true;
    field.focus();
  });
  document.addEventListener("click", (pressed) => {
    if (!own && !search.contains(pressed.target)) place.hidden = true;
  });
  document.addEventListener("keydown", (pressed) => {
    if (pressed.key !== "/" || pressed.ctrlKey || pressed.metaKey || pressed.altKey || localStorage.getItem(shortcut)) return;
    if (pressed.target.closest("input, textarea, select, [contenteditable]")) return;
    pressed.preventDefault();
    field.focus();
  });
  // A page that answers a sent form asks to send it again when one comes back to it, and an address would tell the name.
  search.addEventListener("submit", (sent) => {
    sent.preventDefault();
    delete search.dataset.sent;
    if (own) return show();
    sessionStorage.setItem("haku", field.value);
    location.assign(search.action);
  });
  const brought = sessionStorage.getItem("haku") ?? history.state?.haku;
  sessionStorage.removeItem("haku");
  if (own && brought) {
    field.value = brought;
    show();
  }
  const choice = document.querySelector("[data-shortcut]"), toggle = choice?.querySelector("button");
  if (toggle) {
    const words = { on: toggle.textContent, off: toggle.dataset.off };
    const say = () => (toggle.textContent = localStorage.getItem(shortcut) ? words.off : words.on);
    toggle.addEventListener("click", () => {
      localStorage.getItem(shortcut) ? localStorage.removeItem(shortcut) : localStorage.setItem(shortcut, "1");
      say();
    });
    say();
    choice.hidden = false;
  }
}
