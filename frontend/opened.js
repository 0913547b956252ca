// Says that somebody looked at an open task: from then on nobody takes the step before back. Looking itself writes
// nothing; without this file, claiming the task, saving its form and acting on it say the same.
function tell(form) {
  fetch(form.action, { method: "POST", body: new FormData(form), keepalive: true }).catch(() => {});
}

// A page that is loaded ahead, or in a tab that nobody has looked at yet, was not opened by anybody.
function tellWhenSeen(form) {
  if (document.visibilityState === "visible") {
    tell(form);
    return;
  }
  document.addEventListener("visibilitychange", () => tellWhenSeen(form), { once: true });
}

for (const form of document.querySelectorAll("[data-opened]")) tellWhenSeen(form);
