// Lets the time left until a deadline run, by the server's clock: a wrong clock on the reader's side does no harm.
// Days and minutes change once a minute; only within the last day do seconds run. Without this file the days stand.
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function words(element, left) {
  const { days, hours, over } = element.dataset;
  if (left <= 0) return over;
  const parts = {
    d: Math.floor(left / DAY),
    h: Math.floor(left / (60 * MINUTE)) % 24,
    m: Math.floor(left / MINUTE) % 60,
    s: Math.floor(left / 1000) % 60,
  };
  return (parts.d ? days : hours).replace(/\{([dhms])\}/g, (_, name) => parts[name]);
}

function run(element) {
  const behind = Date.parse(element.dataset.now) - performance.now();
  const until = Date.parse(element.dateTime);
  function show() {
    const left = until - (performance.now() + behind);
    const text = words(element, left);
    if (element.textContent !== text) element.textContent = text;
    if (left > 0) setTimeout(show, left % 1000 || 1000);
  }
  show();
}

for (const element of document.querySelectorAll("[data-countdown]")) run(element);
