// Comfort, never need: every page reads and works without this file.
"use strict";

const typing = (target) =>
  target.isContentEditable || /^(input|select|textarea)$/i.test(target.tagName);
const seen = (element) => element.offsetParent !== null;

// Keys: "/" searches, "g" and a letter goes to a place, Escape closes what was opened.
let waiting = 0;
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const drawer of document.querySelectorAll("details.how[open]")) {
      drawer.open = false;
      drawer.querySelector("summary").focus();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "/") {
    const search = [...document.querySelectorAll("[data-search]")].find(seen);
    if (search) {
      event.preventDefault();
      search.focus();
    }
  } else if (event.key === "g") {
    waiting = Date.now();
  } else if (Date.now() - waiting < 1500) {
    waiting = 0;
    const link = document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`);
    if (link) link.click();
  }
});

// A drawer closes when something else is clicked, and another one opens alone.
document.addEventListener("click", (event) => {
  for (const drawer of document.querySelectorAll("details.how[open]")) {
    if (!drawer.contains(event.target)) drawer.open = false;
  }
});

// A drawer near the right edge opens to the left.
document.addEventListener(
  "toggle",
  (event) => {
    const drawer = event.target;
    if (!(drawer instanceof HTMLElement) || !drawer.matches("details.how[open]")) return;
    drawer.classList.remove("left");
    const panel = drawer.querySelector("div");
    const right = panel.getBoundingClientRect().right;
    drawer.classList.toggle("left", right > document.documentElement.clientWidth);
  },
  true,
);

// Ids: a button that copies them.
const arm = (root) => {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("button.copy[hidden]")) button.hidden = false;
};
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  const word = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "copied";
  } catch {
    button.textContent = "not allowed";
  }
  setTimeout(() => {
    button.textContent = word;
  }, 1500);
});

// Filters: a choice applies at once; what is empty stays out of the address.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form) form.requestSubmit();
});
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("form[data-auto]")) return;
  for (const [name, value] of [...event.formData.entries()]) {
    if (value === "") event.formData.delete(name);
  }
});

// Files: drop one on the zone, see which was chosen.
const size = (bytes) => {
  const names = ["bytes", "kB", "MB", "GB"];
  let place = 0;
  while (bytes >= 1000 && place < names.length - 1) {
    bytes /= 1000;
    place += 1;
  }
  return `${place ? bytes.toFixed(1) : bytes} ${names[place]}`;
};
const named = (zone) => {
  const files = [...zone.querySelector("input[type=file]").files];
  zone.querySelector("output").textContent = files
    .map((file) => `${file.name} · ${size(file.size)}`)
    .join(", ");
};
document.addEventListener("change", (event) => {
  const zone = event.target.closest("[data-drop]");
  if (zone) named(zone);
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const zone = event.target.closest?.("[data-drop]");
    if (!zone) return;
    event.preventDefault();
    zone.classList.toggle("over", kind === "dragover");
    if (kind !== "drop") return;
    const input = zone.querySelector("input[type=file]");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

// An answer that is not the part that was asked for (an error, the sign-in form) is shown as the page it is.
const whole = (event) => {
  const { requestConfig, pathInfo } = event.detail;
  if (requestConfig.verb === "get") location.assign(pathInfo.finalRequestPath || pathInfo.requestPath);
};
document.addEventListener("htmx:responseError", whole);
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr, isError } = event.detail;
  if (isError || !target.id || xhr.responseText.includes(`id="${target.id}"`)) return;
  event.detail.shouldSwap = false;
  whole(event);
});

document.addEventListener("DOMContentLoaded", () => arm(document));
document.addEventListener("htmx:afterSwap", () => arm(document));
