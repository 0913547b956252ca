// Requests of the editors: JSON both ways, with the page's CSRF token.

// `status` 0 means that the server was not reached or that something else than our JSON came back.
export class Refused extends Error {
  constructor(status, body) {
    super(body?.error ?? `HTTP ${status}`);
    this.status = status;
    this.body = body ?? {};
  }
}

const token = () => document.querySelector("meta[name=csrf-token]")?.content ?? "";

export async function request(method, url, body, options = {}) {
  const headers = { Accept: "application/json", "X-CSRFToken": token() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0);
  }
  const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
  const read = isJson ? await answer.json().catch(() => null) : null;
  if (!answer.ok) throw new Refused(answer.status, read);
  if (read === null) throw new Refused(answer.redirected ? 401 : 0);
  return read;
}

export const getJson = (url, options) => request("GET", url, undefined, options);
export const postJson = (url, body, options) => request("POST", url, body, options);
