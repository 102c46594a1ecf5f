import { describe, expect, it } from "vitest";
import { readIfMatch } from "../../../shared/api/parse.ts";
import { successResponse } from "../../../shared/api/responses.ts";

const read = (data: object, ifNoneMatch?: string) =>
  successResponse({ status: 200, body: { data }, isRead: true, ifNoneMatch }, "request-1");

const hold = (transferStatus: string | null) => ({ id: "eh_1", version: 4, transfer_status: transferStatus });

describe("the ETag of one record", () => {
  it("is its version", () => {
    expect(read({ id: "po_1", version: 3 }).headers).toMatchObject({ etag: '"3"' });
    expect(read(hold(null)).headers).toMatchObject({ etag: '"4"' });
  });

  it("changes with the status of the transfer that is shown beside a hold, which has no part in the hold's version", () => {
    const first = read(hold("processing"));
    expect(read(hold("processing"), String(first.headers?.etag)).statusCode).toBe(304);
    expect(read(hold("completed"), String(first.headers?.etag))).toMatchObject({ statusCode: 200 });
  });

  it("names the version to If-Match all the same", () => {
    expect(readIfMatch(String(read(hold("awaiting_funds")).headers?.etag))).toBe(4);
  });
});
