import { createHash } from "node:crypto";
import * as z from "zod";

const VERSION = 1;
const HASH_LENGTH = 22;

const cursorSchema = z.strictObject({
  v: z.literal(VERSION),
  h: z.string().length(HASH_LENGTH),
  p: z.string().min(1).max(600),
});

/** What a cursor belongs to: one list of one organization, with these filters in this order. */
export interface CursorScope {
  readonly organizationId: string;
  readonly list: string;
  readonly filters: object;
}

function hashOf({ organizationId, list, filters }: CursorScope): string {
  const named = Object.entries(filters)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([organizationId, list, named]);
  return createHash("sha256").update(text).digest("base64url").slice(0, HASH_LENGTH);
}

/**
 * Where a list goes on, opaque to clients. It holds a position only, never a partition: one that was made up finds
 * nothing that its list wouldn't show anyway.
 */
export function encodeCursor(scope: CursorScope, position: string): string {
  return Buffer.from(JSON.stringify({ v: VERSION, h: hashOf(scope), p: position })).toString("base64url");
}

/** The position in a cursor of this very list; undefined for any other text. */
export function decodeCursor(scope: CursorScope, cursor: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const parsed = cursorSchema.safeParse(value);
  return parsed.success && parsed.data.h === hashOf(scope) ? parsed.data.p : undefined;
}
