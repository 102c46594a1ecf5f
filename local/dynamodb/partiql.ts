export interface PartiqlAccess {
  readonly action: "PartiQLSelect" | "PartiQLInsert" | "PartiQLUpdate" | "PartiQLDelete";
  readonly table: string;
  readonly index?: string;
}

const name = String.raw`(?:"([^"]+)"|([\w-]+))(?:\.(?:"([^"]+)"|([\w-]+)))?`;

const forms: readonly [PartiqlAccess["action"], RegExp][] = [
  ["PartiQLInsert", new RegExp(String.raw`^\s*INSERT\s+INTO\s+${name}`, "i")],
  ["PartiQLUpdate", new RegExp(String.raw`^\s*UPDATE\s+${name}`, "i")],
  ["PartiQLDelete", new RegExp(String.raw`^\s*DELETE\s+FROM\s+${name}`, "i")],
  ["PartiQLSelect", new RegExp(String.raw`^\s*(?:EXISTS\s*\(\s*)?SELECT\b[\s\S]*?\bFROM\s+${name}`, "i")],
];

/** What a PartiQL statement does to which table or index; undefined when it isn't a statement. */
export function partiqlAccess(statement: string): PartiqlAccess | undefined {
  for (const [action, form] of forms) {
    const match = form.exec(statement);
    const table = match?.[1] ?? match?.[2];
    if (match === null || table === undefined) continue;
    const index = match[3] ?? match[4];
    return index === undefined ? { action, table } : { action, table, index };
  }
  return undefined;
}
