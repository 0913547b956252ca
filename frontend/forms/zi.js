// Counting 字 while one types; the same rule as count_zi in the engine, which has the last word.
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\uff01-\uff60\u3000-\u303f\u3200-\u33ff]/u;
const BLANK = /[\s\p{Cc}]/u;
const MARK = /[\p{Mn}\p{Me}\p{Cf}\p{Cs}\u{1f3fb}-\u{1f3ff}]/u;
const LETTER = /[\p{L}\p{Nd}]/u;
const PICTURE = /\p{So}/u;
const REGIONAL = /[\u{1f1e6}-\u{1f1ff}]/u;

function classOf(sign) {
  if (BLANK.test(sign)) return "blank";
  if (sign.codePointAt(0) < 128) return "run";
  if (MARK.test(sign)) return "mark";
  return LETTER.test(sign) && !WIDE.test(sign) ? "run" : "one";
}

function countZi(text) {
  const signs = [...text];
  let total = 0, inRun = false, joined = false, inFlag = false;
  for (const [place, sign] of signs.entries()) {
    const kind = classOf(sign);
    if (kind === "mark") {
      joined = sign === "\u200d";
      continue;
    }
    if (inRun && sign === "\u2019" && /^[A-Za-z]$/.test(signs[place + 1] ?? "")) continue;
    const completes = (joined && PICTURE.test(sign)) || (inFlag && REGIONAL.test(sign));
    inFlag = REGIONAL.test(sign) && !inFlag;
    if ((kind === "one" && !completes) || (kind === "run" && !inRun)) total += 1;
    inRun = kind === "run";
    joined = false;
  }
  return total;
}

function showCount(field) {
  const { group, most } = field.dataset;
  const counted = [...field.form.querySelectorAll("[data-counter=zi]")];
  const together = group ? counted.filter((other) => other.dataset.group === group) : [field];
  const total = together.reduce((sum, other) => sum + countZi(other.value), 0);
  for (const other of together) {
    const shown = document.getElementById(`${other.id}-count`);
    if (!shown) continue;
    shown.textContent = shown.textContent.replace(/\d+/, String(total));
    shown.classList.toggle("over", total > Number(most));
  }
}

export function showCounts(form) {
  for (const field of form.querySelectorAll("[data-counter=zi]")) showCount(field);
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-counter=zi]")) showCount(event.target);
});
