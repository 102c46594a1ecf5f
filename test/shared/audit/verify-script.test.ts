import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { NO_HASH } from "../../../shared/audit/chain.ts";
import { auditContent } from "../../../shared/audit/entry.ts";
import { chained } from "../../../shared/audit/hash.ts";
import { readChange } from "../../../shared/events/stream-change.ts";
import { changed, minimal } from "../events/records.ts";

const script = fileURLToPath(new URL("../../../scripts/verify-audit.ts", import.meta.url));
const run = (input: string, ...args: string[]) =>
  spawnSync(process.execPath, [script, ...args], { input, encoding: "utf8" });
const line = chained(auditContent(readChange(changed("payout", undefined, minimal.payout))), NO_HASH);

test("an intact log ends with 0, a changed one with 1 and the bad line's name", () => {
  const intact = run(`${JSON.stringify(line)}\n`, "-");
  expect([intact.status, intact.stdout]).toEqual([0, "intact: 1 lines of 1 records, 0 flagged as out of band\n"]);
  const bad = run(`${JSON.stringify({ ...line, reason: "x" })}\n`, "-");
  expect(bad.status).toBe(1);
  expect(bad.stdout).toContain(`first bad line: 1 (payout ${minimal.payout.id}, version 1)`);
});

test("the verdict comes as JSON as well", () => {
  expect(JSON.parse(run(`${JSON.stringify(line)}\n`, "--json", "-").stdout)).toMatchObject({ ok: true, lines: 1 });
});

test("a file that can't be read ends with 2", () => {
  expect(run("", "no/such/file").status).toBe(2);
  expect(run("").status).toBe(2);
});
