import { createHash } from "node:crypto";

/** Nested parameters as Stripe writes them: `metadata[transferId]=x` becomes `{ metadata: { transferId: "x" } }`. */
export interface FormParams {
  [name: string]: string | FormParams;
}

const MAX_DEPTH = 6;

/** Reads a form-encoded body or query string; arrays (`expand[]`, `expand[0]`) become maps with numeric names. */
export function parseForm(text: string): FormParams {
  const root = emptyParams();
  for (const [name, value] of new URLSearchParams(text)) setAtPath(root, pathOf(name), value);
  return root;
}

/** The same for the same parameters in any order; idempotency compares this. */
export function fingerprintOf(text: string): string {
  const pairs = [...new URLSearchParams(text)].map((pair) => JSON.stringify(pair)).sort();
  return createHash("sha256").update(pairs.join("\n")).digest("hex");
}

export function textParam(params: FormParams, name: string): string | undefined {
  const value = params[name];
  return typeof value === "string" ? value : undefined;
}

export function mapParam(params: FormParams, name: string): FormParams | undefined {
  const value = params[name];
  return typeof value === "object" ? value : undefined;
}

function emptyParams(): FormParams {
  // A null prototype keeps `__proto__[x]=1` an ordinary name.
  return Object.create(null) as FormParams;
}

function pathOf(name: string): string[] {
  const open = name.indexOf("[");
  if (open <= 0) return [name];
  const inner = [...name.slice(open).matchAll(/\[([^\]]*)\]/g)].map((match) => match[1] ?? "");
  return [name.slice(0, open), ...inner].slice(0, MAX_DEPTH);
}

function setAtPath(root: FormParams, path: readonly string[], value: string): void {
  let here = root;
  for (const [depth, part] of path.entries()) {
    const name = part === "" ? String(Object.keys(here).length) : part;
    if (depth === path.length - 1) {
      here[name] = value;
      return;
    }
    const next = here[name];
    const child = typeof next === "object" ? next : emptyParams();
    here[name] = child;
    here = child;
  }
}
