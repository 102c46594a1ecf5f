import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiClient, createApiClient } from "../../client/api-client.ts";
import { startTestCloud, type TestCloud } from "../support/cloud.ts";
import { type Organization, PAYEE } from "../support/organization.ts";

let cloud: TestCloud;
let organization: Organization;
let client: ApiClient;

beforeAll(async () => {
  cloud = await startTestCloud();
  organization = cloud.organization();
  await organization.start({ policy: { approval: "manual" } });
  const wish = { sub: "maya", role: "manager", organizationId: organization.id };
  const answer = await fetch(`${cloud.local.endpoints.local}/token`, { method: "POST", body: JSON.stringify(wish) });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  client = createApiClient({ baseUrl: cloud.local.endpoints.api ?? "", token: () => token });
});
afterAll(() => cloud.stop());

describe("the typed client", () => {
  it("lists with several values of a filter, and says where the end is", async () => {
    const query = { status: ["active", "released"] as ("active" | "released")[], limit: 10 };
    const { data, response } = await client.GET("/v2/escrow-holds", { params: { query } });
    expect(response.status).toBe(200);
    expect(data?.data).toMatchObject([{ payee_id: PAYEE, status: "active", currency: "USD" }]);
    expect(data?.pagination).toMatchObject({ limit: 10, next_cursor: null });
  });

  it("acts once per key and gives a refusal as a value", async () => {
    const { id } = await organization.only("payout");
    await organization.settings({ high_value_amounts: { USD: 1_000_000_000 } });
    const header = { "Idempotency-Key": randomUUID() };
    const approve = () => client.POST("/v2/payouts/{id}/approve", { params: { path: { id }, header }, body: {} });
    expect((await approve()).data?.data.status).toBe("approved");
    expect((await approve()).response.headers.get("idempotent-replayed")).toBe("true");

    const again = await client.POST("/v2/payouts/{id}/approve", {
      params: { path: { id }, header: { "Idempotency-Key": randomUUID() } },
      body: {},
    });
    expect(again.data).toBeUndefined();
    expect(again.error).toMatchObject({ code: "approved_already_by_you", status: 409 });
  });
});
