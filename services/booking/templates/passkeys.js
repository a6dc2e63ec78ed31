"use strict";
// Asks a passkey (pääsyavain) for its answer and sends it with the form. A browser that knows no passkeys shows none of
// these forms: there the letter is the way.

const known = window.PublicKeyCredential;

if (known?.parseRequestOptionsFromJSON && known.parseCreationOptionsFromJSON) {
  for (const part of document.querySelectorAll("[data-without-passkeys]")) part.hidden = true;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (pressed) => {
      pressed.preventDefault();
      if (!form.dataset.asking) ask(form);
    });
  }
}

async function ask(form) {
  const said = form.querySelector("[role=status]");
  form.dataset.asking = "1";
  said.textContent = "";
  try {
    const question = await fetch(form.dataset.passkey, { method: "POST" });
    if (!question.ok) throw new Error(question.status);
    form.elements.vastaus.value = JSON.stringify(await answer(await question.json(), form.dataset.makes));
    form.submit();
  } catch (refused) {
    said.textContent = refused.name === "InvalidStateError" ? said.dataset.known : said.dataset.failed;
    delete form.dataset.sent;
  }
  delete form.dataset.asking;
}

function answer(options, makes) {
  return makes
    ? navigator.credentials.create({ publicKey: known.parseCreationOptionsFromJSON(options) })
    : navigator.credentials.get({ publicKey: known.parseRequestOptionsFromJSON(options) });
}
