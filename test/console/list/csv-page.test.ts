import { describe, expect, it } from "vitest";
import { countRows, withoutHeader } from "../../../console/src/list/csv-page.ts";
import { toCsv } from "../../../shared/api/csv.ts";
import { wireSchemas } from "../../../shared/events/wire-schemas.ts";

const holdWith = (reason: string) => ({ id: "eh_1", reason });

describe("pages of an export", () => {
  it("counts the rows of what the API writes, line breaks and quotation marks within a cell included", () => {
    const rows = [holdWith("plain"), holdWith('two\r\nlines, "quoted"'), holdWith("=formula()")];
    expect(countRows(toCsv(wireSchemas.escrow_hold, rows))).toBe(3);
  });

  it("counts none in a page that has nothing but its header, or not even that", () => {
    expect(countRows(toCsv(wireSchemas.escrow_hold, []))).toBe(0);
    expect(countRows("")).toBe(0);
  });

  it("counts a last row that no line break ends", () => {
    expect(countRows("id,reason\neh_1,a\neh_2,b")).toBe(2);
  });

  it("puts pages together under one header", () => {
    const [first, second] = [[holdWith("a"), holdWith("b")], [holdWith("c")]].map((rows) =>
      toCsv(wireSchemas.escrow_hold, rows),
    );
    const whole = toCsv(wireSchemas.escrow_hold, [holdWith("a"), holdWith("b"), holdWith("c")]);
    expect((first ?? "") + withoutHeader(second ?? "")).toBe(whole);
  });
});
