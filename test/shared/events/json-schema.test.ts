import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { schemaFiles } from "../../../shared/events/json-schema.ts";

const root = fileURLToPath(new URL("../../../schemas", import.meta.url));

test("the published schemas are the ones that the code runs; write them anew with scripts/write-schemas.ts", () => {
  const expected = schemaFiles();
  const published = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  expect(published.sort()).toEqual([...expected.keys()].sort());
  for (const [path, content] of expected) expect(readFileSync(join(root, path), "utf8"), path).toBe(content);
});

test("inbound schemas are closed and outbound ones open", () => {
  const files = schemaFiles();
  expect(JSON.parse(files.get("inbound/payee.upserted.json") ?? "")).toHaveProperty("additionalProperties", false);
  expect(files.get("outbound/payout.paid.json")).not.toContain('"additionalProperties": false');
});
