import fc from "fast-check";
import { ulid } from "ulid";
import { describe, expect, it } from "vitest";
import {
  type ChildPrefix,
  childId,
  familyOf,
  familyOfCause,
  familyOfUlid,
  MAX_CHILDREN,
  payoutIdOf,
} from "../../../shared/domain/ids.ts";
import { familyKey, parseFamilyId } from "../../../shared/store/keys.ts";

const parts = fc.array(fc.string({ maxLength: 12 }), { minLength: 1, maxLength: 5 });
const ordinals = fc.integer({ min: 1, max: MAX_CHILDREN });
const ENTITIES: Readonly<Record<ChildPrefix, string>> = {
  ps: "payout_schedule",
  eh: "escrow_hold",
  tr: "transfer",
  je: "journal_entry",
};
const prefixes = fc.constantFrom<ChildPrefix>("ps", "eh", "tr", "je");

describe("families", () => {
  it("the same cause always gives the same family", () => {
    fc.assert(
      fc.property(parts, (cause) => {
        expect(familyOfCause(...cause)).toBe(familyOfCause(...cause));
      }),
    );
    expect(familyOfCause("placement", "acme", "p1", "r1")).toBe(familyOfCause("placement", "acme", "p1", "r1"));
  });

  it("causes that differ in any part, or only in where one part ends, give different families", () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        fc.pre(JSON.stringify(a) !== JSON.stringify(b));
        expect(familyOfCause(...a)).not.toBe(familyOfCause(...b));
      }),
    );
    const shifted = [
      ["ab", "c"],
      ["a", "bc"],
      ["abc"],
      ["abc", ""],
      ["", "abc"],
      ["a", "1:b", "c"],
      ["a1:b", "c"],
      ["1:a"],
      ["1", "a"],
    ];
    expect(new Set(shifted.map((cause) => familyOfCause(...cause))).size).toBe(shifted.length);
  });

  it("many neighbouring causes don't collide", () => {
    const families = Array.from({ length: 20_000 }, (_, index) => familyOfCause("placement", "acme", `p${index}`, "r"));
    expect(new Set(families).size).toBe(families.length);
  });

  it("a family reads as the front of a ULID", () => {
    fc.assert(
      fc.property(parts, (cause) => {
        expect(familyOfCause(...cause)).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{23}$/);
      }),
    );
    expect(familyOfUlid(ulid())).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{23}$/);
  });

  it("a payout's id parses back to its family", () => {
    fc.assert(
      fc.property(parts, (cause) => {
        const family = familyOfCause(...cause);
        expect(parseFamilyId(payoutIdOf(family))).toEqual({ entity: "payout", family });
        expect(familyOf(payoutIdOf(family))).toBe(family);
      }),
    );
  });
});

describe("children", () => {
  it("a child's id parses back to its entity and family", () => {
    fc.assert(
      fc.property(parts, prefixes, ordinals, (cause, prefix, ordinal) => {
        const family = familyOfCause(...cause);
        const id = childId(prefix, family, ordinal);
        expect(parseFamilyId(id)).toEqual({ entity: ENTITIES[prefix], family });
        expect(familyOf(id)).toBe(family);
        expect(familyKey("acme", id)?.pk).toBe(familyKey("acme", payoutIdOf(family))?.pk);
      }),
    );
  });

  it("every ordinal has an id of its own, in order, and none is the payout's", () => {
    const family = familyOfCause("cause");
    const ids = Array.from({ length: MAX_CHILDREN }, (_, index) => childId("tr", family, index + 1));
    expect(new Set(ids).size).toBe(MAX_CHILDREN);
    expect(ids.toSorted()).toEqual(ids);
    expect(ids.map((id) => id.slice(3))).not.toContain(payoutIdOf(family).slice(3));
  });

  it.each([0, -1, 1.5, Number.NaN, MAX_CHILDREN + 1])("refuses the ordinal %d", (ordinal) => {
    expect(() => childId("tr", familyOfCause("cause"), ordinal)).toThrow(RangeError);
  });
});

describe("parseFamilyId", () => {
  const family = familyOfCause("cause");
  it.each([
    "",
    "po_",
    `xx_${family}00`,
    `po_${family}0`,
    `po_${family}000`,
    `po_${family.toLowerCase()}00`,
    `po_8${family.slice(1)}00`,
    `po_${family.slice(1)}I00`,
    `po_${family}00\n`,
    `po-${family}00`,
  ])("%j is not an id", (id) => {
    expect(parseFamilyId(id)).toBeUndefined();
    expect(familyKey("acme", id)).toBeUndefined();
  });
});
