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
