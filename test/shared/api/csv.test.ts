import { describe, expect, it } from "vitest";
import * as z from "zod";
import { toCsv } from "../../../shared/api/csv.ts";
import { wireSchemas } from "../../../shared/events/wire-schemas.ts";

const row = z.object({
  id: z.string(),
  amount: z.int(),
  verified: z.boolean(),
  note: z.string().nullable(),
  blocker: z.object({ code: z.string(), since: z.string().nullable() }).nullable(),
  parts: z.array(z.object({ of: z.string() })),
  destination: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("a"), account: z.string() }),
    z.object({ kind: z.literal("b"), channel: z.string() }),
  ]),
});
const plain = {
  id: "x",
  amount: 12,
  verified: true,
  note: null,
  blocker: null,
  parts: [],
  destination: { kind: "a", account: "n" },
};
const HEADER =
  "id,amount,verified,note,blocker_code,blocker_since,parts,destination_kind,destination_account,destination_channel";

describe("rows as CSV", () => {
  it("have a header also where there are none", () => {
    expect(toCsv(row, [])).toBe(`${HEADER}\r\n`);
  });

  it("have a column per field of a nested object, lists as JSON, nothing for null", () => {
    const nested = {
      ...plain,
      verified: false,
      blocker: { code: "paused", since: "now" },
      parts: [{ of: "it" }],
      destination: { kind: "b", channel: "c" },
    };
    expect(toCsv(row, [plain, nested])).toBe(
      `${HEADER}\r\nx,12,true,,,,[],a,n,\r\nx,12,false,,paused,now,"[{""of"":""it""}]",b,,c\r\n`,
    );
  });

  it.each(["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])("neutralise a formula: %j", (note) => {
    const cells = toCsv(row, [{ ...plain, note }]).slice(HEADER.length + 2);
    expect(cells).toMatch(/^x,12,true,"?'/);
  });

  it("leave negative amounts numbers", () => {
    expect(toCsv(row, [{ ...plain, amount: -12 }])).toContain("x,-12,true");
  });

  it("quote what would break a line", () => {
    expect(toCsv(row, [{ ...plain, note: 'a "b", c\nd' }])).toContain('"a ""b"", c\nd"');
  });

  it.each(Object.entries(wireSchemas))("have columns of different names: %s", (_entity, schema) => {
    const names = toCsv(schema, []).trim().split(",");
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("id");
  });
});
