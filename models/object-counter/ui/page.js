"use strict";
/* The page's one conversation: pick a picture, send it, tell what came back.
   Where to: `?api=<URL of the POC>`, else "api" in config.json beside this page. */

const MOST_BYTES = 4 * 1024 * 1024;
const TYPES = ["image/png", "image/jpeg", "image/webp"];
const PATIENCE_MS = 35_000;
const NOWHERE = {
  title: "This page does not know where the model is.",
  advice: "Open it with ?api= and the POC's URL, or put that into config.json beside it.",
};
const by = (id) => document.getElementById(id);

/** What is picked: { name, shown, count?, address?, blob? }; and where it goes. */
const state = { picked: null, api: null, busy: false, objectUrl: null };

/** The POC's predict URL: …/predict may be left out; null when the text is no http(s) URL. */
function predictUrl(text) {
  try {
    const url = new URL(text, location.href);
    if (!/^https?:$/.test(url.protocol)) return null;
    url.pathname = url.pathname.replace(/\/+$/, "");
    if (!url.pathname.endsWith("/predict")) url.pathname += "/predict";
    return url.href;
  } catch {
    return null;
  }
}

async function findApi() {
  const asked = new URLSearchParams(location.search).get("api");
  if (asked) return predictUrl(asked);
  try {
    const answer = await fetch("config.json", { cache: "no-cache" });
    return answer.ok ? predictUrl((await answer.json()).api) : null;
  } catch {
    return null;
  }
}

async function showApi() {
  state.api = await findApi();
  by("address").textContent = state.api ?? "nowhere";
  clear();
  refresh();
}

async function showExamples() {
  try {
    const answer = await fetch("examples/examples.json");
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const { examples } = await answer.json();
    by("choices").replaceChildren(...examples.map(choice));
  } catch {
    by("choices").replaceChildren(element("p", "quiet", "The examples could not be loaded; choose a picture of your own."));
  }
}

function choice(example) {
  const label = element("label", "choice");
  const input = element("input");
  const address = new URL(`examples/${example.file}`, document.baseURI).href;
  Object.assign(input, { type: "radio", name: "example", value: example.file });
  input.addEventListener("change", () => pick({ name: example.file, shown: address, address, count: example.count, alt: example.alt }));
  const image = element("img");
  Object.assign(image, { src: address, alt: example.alt, loading: "lazy" });
  const words = element("span", "", `${example.count} object${example.count === 1 ? "" : "s"}`);
  label.append(input, image, words);
  return label;
}

function pickFile(file) {
  const wrong = problemOf(file);
  document.querySelectorAll("input[name=example]").forEach((input) => (input.checked = false));
  if (wrong) {
    pick(null);
    tell(wrong);
    return;
  }
  const shown = URL.createObjectURL(file);
  pick({ name: file.name || "picture", shown, blob: file, alt: "The picture you chose" });
  state.objectUrl = shown;
}

/** Why a file cannot be sent, before anything is; null when it can. */
function problemOf(file) {
  if (!TYPES.includes(file.type)) {
    return { title: "That is not a PNG, JPEG or WebP picture.", advice: "Choose another file, or save it as one of these." };
  }
  if (file.size > MOST_BYTES) {
    return { title: `That picture is too large: ${size(file.size)}, and 4 MB is the most that can be sent.`, advice: "Choose a smaller one, or scale it down: a few hundred pixels are enough." };
  }
  return file.size ? null : { title: "That file is empty.", advice: "Choose another one." };
}

function pick(picked) {
  if (state.objectUrl) URL.revokeObjectURL(state.objectUrl);
  state.objectUrl = null;
  state.picked = picked;
  if (picked && !picked.blob) by("file").value = "";
  by("preview").hidden = !picked;
  by("nothing").hidden = Boolean(picked);
  by("preview").alt = picked?.alt ?? "";
  by("caption").textContent = picked?.name ?? "";
  if (picked) by("preview").src = picked.shown;
  else by("preview").removeAttribute("src");
  clear();
  by("status").replaceChildren(element("p", "quiet", picked ? "Ready to ask." : "Nothing asked yet."));
  refresh();
}

function refresh() {
  by("submit").disabled = !state.picked || !state.api || state.busy;
  by("submit").textContent = state.busy ? "Counting …" : "Count the objects";
  by("ways").hidden = Boolean(state.picked?.blob);
}

async function submit(event) {
  event.preventDefault();
  if (by("submit").disabled) return;
  const { picked, api } = state;
  setBusy(true);
  clear();
  by("status").replaceChildren(element("p", "waiting quiet", "The model is looking at the picture …"));
  try {
    const request = await requestOf(picked);
    by("request").textContent = described(api, request, picked);
    by("response").textContent = "…";
    by("exchange").hidden = false;
    await ask(api, request, picked);
  } catch (error) {
    by("response").textContent = "none";
    tell(told(error));
  } finally {
    setBusy(false);
    // A button loses the focus when it is disabled.
    if (document.activeElement === document.body) by("submit").focus({ preventScroll: true });
  }
}

/** One request at a time; no other picture while its answer is awaited. */
function setBusy(busy) {
  state.busy = busy;
  by("examples").disabled = by("ways").disabled = by("file").disabled = busy;
  refresh();
}

/** What to send for the picture: its address as JSON, or its bytes under their own type. */
async function requestOf(picked) {
  const way = document.querySelector("input[name=way]:checked").value;
  if (!picked.blob && way === "address") {
    return { type: "application/json", body: JSON.stringify({ url: picked.address }) };
  }
  const blob = picked.blob ?? (await (await fetch(picked.address)).blob());
  return { type: blob.type, body: blob };
}

async function ask(api, request, picked) {
  const clock = new AbortController();
  const timer = setTimeout(() => clock.abort(), PATIENCE_MS);
  const began = performance.now();
  try {
    const headers = { "Content-Type": request.type };
    const answer = await fetch(api, { method: "POST", headers, body: request.body, signal: clock.signal });
    const text = await answer.text();
    const seconds = ((performance.now() - began) / 1000).toFixed(2);
    by("response").textContent = `${answer.status} ${answer.statusText}`.trim() + ` after ${seconds} s\n` + heads(answer) + "\n" + text;
    if (answer.ok) show(text, picked);
    else tell(refusal(answer, text));
  } finally {
    clearTimeout(timer);
    by("result").scrollIntoView({ block: "nearest" }); // on a phone it is below the button
  }
}

function described(api, request, picked) {
  const body = typeof request.body === "string" ? request.body : `(${picked.name}: ${size(request.body.size)})`;
  return `POST ${api}\nContent-Type: ${request.type}\n\n${body}`;
}

function heads(answer) {
  const names = ["content-type", "x-request-id", "apigw-requestid", "retry-after"];
  return names.filter((name) => answer.headers.get(name)).map((name) => `${name}: ${answer.headers.get(name)}\n`).join("");
}

/** A sentence, or the odds of each count when the POC passes the model's own answer through. */
function show(text, picked) {
  const odds = parsed(text)?.probabilities;
  const sentence = odds ? `Most likely: ${likeliest(odds)} object${likeliest(odds) === "1" ? "" : "s"}` : text.trim();
  const lines = [element("p", "answer", sentence)];
  if (picked.count) {
    const told = odds ? likeliest(odds) : (sentence.match(/\d+/) ?? [""])[0];
    const right = Number(told) === picked.count;
    lines.push(element("p", "quiet", right ? "That is right." : `There are ${picked.count} in it: the model is wrong this time.`));
  }
  by("status").replaceChildren(...lines);
  if (odds) by("odds").replaceChildren(table(odds));
}

const likeliest = (odds) => Object.keys(odds).reduce((best, count) => (odds[count] > odds[best] ? count : best));

function table(odds) {
  const made = element("table", "odds");
  made.append(element("caption", "", "How likely the model finds each count"));
  for (const [count, odd] of Object.entries(odds)) {
    const row = made.insertRow();
    const head = element("th", "", count);
    head.scope = "row";
    const bar = element("span", "bar");
    bar.style.width = `${(100 * odd).toFixed(1)}%`;
    row.append(head);
    row.insertCell().append(bar);
    row.insertCell().textContent = `${(100 * odd).toFixed(1)} %`;
  }
  return made;
}

/** An answer that is no answer, in plain words; the server's own where it has some. */
function refusal(answer, text) {
  const body = parsed(text);
  const error = typeof body?.error === "object" ? body.error : body;
  const id = error?.requestId ?? answer.headers.get("x-request-id") ?? answer.headers.get("apigw-requestid");
  const said = [error?.message, error?.detail, body?.error].find((words) => typeof words === "string");
  return { title: meaning(answer.status), said, advice: advice(answer.status), id };
}

function meaning(status) {
  const known = {
    400: "The request was not understood.",
    401: "The model wants to know who asks: this page may not.",
    403: "This page may not ask the model.",
    404: "There is no model at this address.",
    405: "This address does not take pictures.",
    413: "The picture is too large.",
    415: "Pictures of this type are not taken.",
    429: "The model has too much to do just now.",
    502: "The model failed at this picture.",
    503: "The model is not ready.",
    504: "The model took too long.",
  };
  return known[status] ?? (status >= 500 ? "Something went wrong on the model's side." : "The request was refused.");
}

function advice(status) {
  if (status === 413) return "Send a smaller picture: a few hundred pixels are enough.";
  if (status === 404) return "Check the address below the button.";
  if (status === 429 || status === 503 || status === 504) return "Wait a little, then try again.";
  if (status >= 500) return "Try again; if it stays, tell whoever runs the model, with the request's id.";
  return status === 400 || status === 415 ? "Try another picture." : "";
}

/** No answer at all. A browser does not tell a page why: it could be the network or a missing permission (CORS). */
function told(error) {
  if (error.name === "AbortError") {
    return { title: "No answer came within 35 seconds.", advice: "Wait a little, then try again." };
  }
  if (!navigator.onLine) return { title: "You are offline.", advice: "Connect to the network, then try again." };
  return {
    title: "The model could not be reached.",
    advice: "Either nothing answers at its address, or it does not allow this page to ask (CORS). The address stands below the button.",
  };
}

function tell({ title, said, advice, id }) {
  const box = element("p", "problem");
  box.append(element("strong", "", title));
  if (said) box.append(element("span", "", `It says: ${said}`));
  if (advice) box.append(element("span", "quiet", advice));
  if (id) box.append(element("span", "quiet", `Request id: ${id}`));
  by("status").replaceChildren();
  by("problem").replaceChildren(box);
}

function clear() {
  by("problem").replaceChildren();
  by("odds").replaceChildren();
  by("exchange").hidden = true;
  if (!state.api) tell(NOWHERE);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const size = (bytes) => (bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`);

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/** A picture that is dropped anywhere near the form, never opened by the browser instead of the page. */
function takeDrops() {
  const drop = by("drop");
  const mark = (over) => drop.classList.toggle("over", over);
  document.addEventListener("dragover", (event) => (event.preventDefault(), mark(true)));
  document.addEventListener("dragleave", (event) => event.relatedTarget ?? mark(false));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    const [file] = event.dataTransfer.files;
    if (file && !state.busy) {
      by("file").value = "";
      pickFile(file);
    }
  });
}

by("file").addEventListener("change", () => by("file").files[0] && pickFile(by("file").files[0]));
by("form").addEventListener("submit", submit);
takeDrops();
showApi();
showExamples();
