// The page's language; our own texts stand in both languages where they are used.
export const isEnglish = document.documentElement.lang.startsWith("en");

// The text in the page's language, with `{name}` filled in.
export function say(zh, en, values = {}) {
  return (isEnglish ? en : zh).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

// An instant as a clock time in the office's zone, as all pages show it.
export function clock(instant) {
  const options = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: "Asia/Shanghai" };
  return new Intl.DateTimeFormat(isEnglish ? "en-GB" : "zh-CN", options).format(new Date(instant));
}
