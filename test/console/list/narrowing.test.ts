import { describe, expect, it } from "vitest";
import { createNarrowing } from "../../../console/src/list/narrowing.ts";

const amara = { id: "1", payee: "Amara", money: "1,864.00 USD" };
const bruno = { id: "2", payee: "bruno", money: "640.80 EUR" };
const columns = [{ text: ({ payee }: typeof amara) => payee }, { text: ({ money }: typeof amara) => money }, {}];

describe("narrowing down what is on the screen", () => {
  it("keeps the very same list while nothing is typed", () => {
    const records = [amara, bruno];
    expect(createNarrowing(columns)(records, "  ")).toBe(records);
  });

  it("ignores case and finds parts of words", () => {
    expect(createNarrowing(columns)([amara, bruno], "AMA")).toEqual([amara]);
  });

  it("wants every word, in whichever columns", () => {
    expect(createNarrowing(columns)([amara, bruno], "eur bru")).toEqual([bruno]);
    expect(createNarrowing(columns)([amara, bruno], "eur amara")).toEqual([]);
  });

  it("finds nothing across the border of two columns", () => {
    expect(createNarrowing(columns)([amara], "amara1,864")).toEqual([]);
  });

  it("reads each record's columns once, however much is typed", () => {
    let reads = 0;
    const narrow = createNarrowing([{ text: ({ payee }: typeof amara) => `${payee}${++reads}` }]);
    for (const typed of ["a", "am", "ama"]) narrow([amara, bruno], typed);
    expect(reads).toBe(2);
  });
});
