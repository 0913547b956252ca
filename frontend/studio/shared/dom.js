// Elements without HTML strings: `make("p.note", {role: "status"}, "text", child)`.
export function make(selector, attributes = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function download(name, text, type = "application/octet-stream") {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = make("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

// A modal dialog; resolves with the value of the button that closed it, "" when it was cancelled.
export function ask(title, body, buttons) {
  return new Promise((resolve) => {
    const heading = make("h2", { id: "studio-dialog-title" }, title);
    const bar = make("div.bar", {}, ...buttons.map(([value, label, kind = "btn-outline-secondary"]) =>
      make(`button.btn.${kind}`, { type: "button", onclick: () => dialog.close(value) }, label)));
    const dialog = make("dialog.studio-dialog", { "aria-labelledby": "studio-dialog-title" }, heading, body, bar);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
