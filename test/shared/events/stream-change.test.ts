import { describe, expect, test } from "vitest";
import { decodeImage, PoisonRecord, readChange } from "../../../shared/events/stream-change.ts";
import { changed, itemOf, minimal, next, stamp, streamRecord } from "./records.ts";

const hold = minimal.escrow_hold;
const item = itemOf("escrow_hold", hold);
const later = next("escrow_hold", hold, { status: "released" });

test("a command's change carries its stamp and both images", () => {
  const change = readChange(changed("escrow_hold", hold, later));
  expect(change).toMatchObject({ entity: "escrow_hold", entityId: hold.id, version: 2, stamp: later.change });
  expect(change.before).toMatchObject({ status: "active" });
  expect(change.outOfBand).toBeUndefined();
});

test("a record's first version is an ordinary change", () => {
  expect(readChange(changed("escrow_hold", undefined, hold)).outOfBand).toBeUndefined();
});

describe("a change behind the commands' back is flagged:", () => {
  const five = { ...item, version: 5, change: stamp("escrow_hold", hold.id, 5) };
  test.each([
    ["a removed record", { before: item }, "removed"],
    ["a first version that is not 1", { after: { ...item, version: 2 } }, "first_version_not_1"],
    ["an old stamp", { before: item, after: { ...item, status: "released" } }, "stamp_unchanged"],
    ["an old stamp on a new version", { before: item, after: { ...item, version: 2 } }, "stamp_unchanged"],
    ["a version left out", { before: item, after: five }, "version_not_next"],
    ["no stamp", { before: item, after: { ...item, version: 2, change: undefined } }, "malformed_stamp"],
    ["a stamp that is text", { before: item, after: { ...item, version: 2, change: "x" } }, "malformed_stamp"],
    ["no actor", { after: { ...item, change: { ...hold.change, actor: { type: "root" } } } }, "malformed_stamp"],
    ["no time", { after: { ...item, change: { ...hold.change, at: "now" } } }, "malformed_stamp"],
    ["another organization's name", { before: item, after: { ...item, organizationId: "evil" } }, "identity_changed"],
    ["another entity's name", { before: item, after: { ...item, entity: "counters" } }, "identity_changed"],
    ["a key of another organization", { after: { ...item, organizationId: "evil" } }, "identity_changed"],
  ])("%s", (_, images, problem) => {
    expect(readChange(streamRecord(images)).outOfBand).toBe(problem);
  });
});

test("a flagged change stands at the higher of both versions", () => {
  expect(readChange(streamRecord({ before: { ...item, version: 7 }, after: { ...item, version: 2 } })).version).toBe(7);
});

test("a record that doesn't tell what changed is poison", () => {
  for (const record of [{}, streamRecord({ after: { pk: "a", sk: "b", entity: "payout" } }), streamRecord({})]) {
    expect(() => readChange(record)).toThrow(PoisonRecord);
  }
});

test("every type of attribute has a plain value; numbers beyond a double stay text", () => {
  const image = decodeImage({
    safe: { N: "9007199254740991" },
    huge: { N: "9007199254740993" },
    fraction: { N: "0.1" },
    list: { L: [{ BOOL: true }, { NULL: true }] },
    set: { SS: ["a"] },
    numbers: { NS: ["1"] },
    bytes: { B: "AA==" },
  });
  expect(image).toEqual({
    safe: 9007199254740991,
    huge: "9007199254740993",
    fraction: 0.1,
    list: [true, null],
    set: ["a"],
    numbers: [1],
    bytes: "AA==",
  });
});
