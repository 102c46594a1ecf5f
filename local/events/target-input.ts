import type { RuleTargetModel } from "../template/model.ts";

/** Makes what a target gets: the event, a part of it, a constant, or a text made from parts of it. */
export type BuildInput = (event: Readonly<Record<string, unknown>>) => string;

const VARIABLE = /<([\w.-]+)>/g;

/** Gives JSON text. A template whose placeholders are not declared is an error at load. */
export function compileTargetInput(spec: RuleTargetModel): BuildInput {
  const { input } = spec;
  if (input !== undefined) return () => input;
  if (spec.inputPath !== undefined) {
    const path = parsePath(spec.inputPath);
    return (event) => JSON.stringify(valueAt(event, path) ?? null);
  }
  if (spec.inputTransformer !== undefined) return compileTransformer(spec.inputTransformer);
  return (event) => JSON.stringify(event);
}

function compileTransformer(transformer: { paths: Readonly<Record<string, string>>; template: string }): BuildInput {
  const inputTemplate = transformer.template;
  const paths = new Map(Object.entries(transformer.paths).map(([name, path]) => [name, parsePath(path)]));
  for (const [, name = ""] of inputTemplate.matchAll(VARIABLE)) {
    if (!paths.has(name) && !name.startsWith("aws.events.")) {
      throw new Error(`input template uses <${name}>, which its paths map does not declare`);
    }
  }
  return (event) => {
    const insideText = textRanges(inputTemplate);
    return inputTemplate.replaceAll(VARIABLE, (_placeholder, name: string, at: number) => {
      const value = name.startsWith("aws.events.") ? builtIn(name, event) : valueAt(event, paths.get(name) ?? []);
      const json = JSON.stringify(value ?? null);
      if (!insideText(at)) return json;
      // Inside quotes a text goes in without quotes of its own.
      return typeof value === "string" ? json.slice(1, -1) : json.replaceAll('"', '\\"');
    });
  };
}

function builtIn(name: string, event: Readonly<Record<string, unknown>>): unknown {
  if (name === "aws.events.event" || name === "aws.events.event.json") return event;
  if (name === "aws.events.event.ingestion-time") return event.time;
  throw new Error(`input template uses <${name}>, which is not emulated`);
}

/** Tells whether a position of the template lies between quotes. */
function textRanges(template: string): (position: number) => boolean {
  const inside: boolean[] = [];
  let open = false;
  for (let at = 0; at < template.length; at++) {
    inside.push(open);
    if (template[at] === '"' && template[at - 1] !== "\\") open = !open;
  }
  return (position) => inside[position] ?? false;
}

function parsePath(path: string): readonly string[] {
  if (path === "$") return [];
  const steps = path.match(/\.[\w-]+|\[\d+\]|\['[^']+'\]/g) ?? [];
  if (!path.startsWith("$") || `$${steps.join("")}` !== path) throw new Error(`the path ${path} is not understood`);
  return steps.map((step) => step.replaceAll(/^\.|^\['?|'?\]$/g, ""));
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, step) =>
      typeof found === "object" && found !== null ? (found as Record<string, unknown>)[step] : undefined,
    value,
  );
}
