import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AuditLine, NO_HASH } from "../../../shared/audit/chain.ts";
import { auditContent } from "../../../shared/audit/entry.ts";
import { chained } from "../../../shared/audit/hash.ts";
import { auditItem } from "../../../shared/audit/items.ts";
import { verifyAudit } from "../../../shared/audit/verify.ts";
import { readChange } from "../../../shared/events/stream-change.ts";
import { changed, itemOf, minimal, next, streamRecord } from "../events/records.ts";

/** The chains of three records, one after the other; the payout's has a flagged line after its third version. */
function exportOf(lengths = { payout: 5, payee: 3, placement: 1 }): AuditLine[] {
  return (["payout", "payee", "placement"] as const).flatMap((entity) => {
    const lines: AuditLine[] = [];
    const add = (record: Parameters<typeof readChange>[0]) =>
      lines.push(chained(auditContent(readChange(record)), lines.at(-1)?.hash ?? NO_HASH));
    let record = minimal[entity];
    add(changed(entity, undefined, record as never));
    for (let version = 2; version <= lengths[entity]; version += 1) {
      const after = next(entity, record, {});
      add(changed(entity, record as never, after as never));
      record = after;
      const item = itemOf(entity, record as never);
      if (entity === "payout" && version === 3) add(streamRecord({ before: item, after: { ...item, notes: "x" } }));
    }
    return lines;
  });
}

const textOf = (lines: readonly object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join("");
const lines = exportOf();

test("an intact export is intact, and its flagged lines are counted", () => {
  expect(verifyAudit(textOf(lines))).toEqual({ ok: true, lines: 10, entities: 3, flagged: 1 });
});

test("raw items of the table are lines as well", () => {
  expect(verifyAudit(textOf(lines.map(auditItem)))).toMatchObject({ ok: true, lines: 10 });
});

test("records may be mixed as long as each record's lines keep their order", () => {
  const mixed = lines.toSorted((a, b) => a.metadata.version - b.metadata.version);
  expect(verifyAudit(textOf(mixed)).ok).toBe(true);
});

describe("the first bad line is named:", () => {
  const without = (...gone: number[]) => lines.filter((_, index) => !gone.includes(index));
  const changedLine = lines.map((line, index) => (index === 1 ? { ...line, changed_by: "somebody" } : line));
  const { payout, payee } = minimal;
  test.each<[string, object[], object]>([
    ["a changed line", changedLine, { line: 2, entity: "payout", id: payout.id, version: 2 }],
    ["a version left out", without(1), { line: 2, version: 3, problem: "version 2 is missing before this line" }],
    ["a first line left out", without(6), { line: 7, id: payee.id, problem: "version 1 is missing before this line" }],
    [
      "a flagged line left out",
      without(3),
      {
        line: 4,
        version: 4,
        problem: "the line does not follow the one before it: lines between them are missing or were replaced",
      },
    ],
    ["a line twice", [...lines.slice(0, 2), ...lines.slice(1)], { line: 3, problem: "the line is there twice" }],
    ["something else", [...lines.slice(0, 2), { a: 1 }], { line: 3, problem: "not an audit line" }],
  ])("%s", (_, given, firstBad) => {
    const verdict = verifyAudit(textOf(given));
    expect(verdict.ok).toBe(false);
    expect(verdict.firstBad).toMatchObject(firstBad);
  });

  test("a line rewritten together with its hash breaks the next one", () => {
    const [first, second, ...rest] = lines;
    if (first === undefined || second === undefined) throw new Error("no lines");
    const { hash: _, prev_hash: prev, ...content } = second;
    const forged = chained({ ...content, changed_by: "somebody" }, prev);
    expect(verifyAudit(textOf([first, forged, ...rest])).firstBad).toMatchObject({ line: 3, version: 3 });
  });

  test("text without a canonical form is not a line", () => {
    const text = JSON.stringify(lines[0]).replace("acme", "\\ud800");
    expect(verifyAudit(text).firstBad).toMatchObject({ line: 1, problem: "not an audit line" });
  });
});

describe("no change goes unseen:", () => {
  const text = textOf(lines);
  const last = new Set(lines.map((line, index) => (lines[index + 1]?.entity_id === line.entity_id ? -1 : index)));

  test("any one byte", () => {
    const bytes = Buffer.from(text);
    const place = fc.integer({ min: 0, max: bytes.length - 1 });
    fc.assert(
      fc.property(place, fc.integer({ min: 33, max: 126 }), (at, value) => {
        fc.pre(bytes[at] !== value && bytes[at] !== 10);
        const altered = Buffer.from(bytes);
        altered[at] = value;
        expect(verifyAudit(altered.toString()).ok).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test("any line taken out, but a record's newest", () => {
    for (const index of lines.keys()) {
      expect(verifyAudit(textOf(lines.toSpliced(index, 1))).ok, `line ${index}`).toBe(last.has(index));
    }
  });

  test("any two lines of one record exchanged", () => {
    const index = fc.integer({ min: 0, max: lines.length - 1 });
    fc.assert(
      fc.property(index, index, (a, b) => {
        const [first, second] = [lines[a], lines[b]];
        if (first === undefined || second === undefined || a === b) return;
        fc.pre(first.entity_id === second.entity_id);
        expect(verifyAudit(textOf(lines.with(a, second).with(b, first))).ok).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});
