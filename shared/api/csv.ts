import { stringify } from "csv-stringify/sync";
import * as z from "zod";

export const CSV_TYPE = "text/csv; charset=utf-8";

interface Column {
  readonly name: string;
  readonly path: readonly string[];
}

/** A column per field; those of a nested object are named `<outer>_<inner>`, of whichever form it can take. */
function columnsOf(schema: unknown, path: readonly string[] = []): readonly Column[] {
  if (schema instanceof z.ZodNullable) return columnsOf(schema.unwrap(), path);
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const columns = schema.options.flatMap((option) => columnsOf(option, path));
    return [...new Map(columns.map((column) => [column.name, column])).values()];
  }
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([field, inner]) => columnsOf(inner, [...path, field]));
  }
  return [{ name: path.join("_"), path }];
}

function valueAt(row: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, field) => {
    if (typeof value !== "object" || value === null) return undefined;
    return Reflect.get(value, field);
  }, row);
}

function cellOf(value: unknown): string | number | boolean {
  if (value === undefined || value === null) return "";
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return JSON.stringify(value);
}

/**
 * Rows of a wire form as CSV (RFC 4180), with a header. Amounts stay minor units, lists are JSON, null is empty. Text
 * that a spreadsheet would take for a formula gets an apostrophe in front.
 */
export function toCsv(schema: z.ZodObject, rows: readonly object[]): string {
  const columns = columnsOf(schema);
  const cells = rows.map((row) => columns.map(({ path }) => cellOf(valueAt(row, path))));
  return stringify([columns.map(({ name }) => name), ...cells], {
    record_delimiter: "windows",
    escape_formulas: true,
    cast: { boolean: String },
  });
}
