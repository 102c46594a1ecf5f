import { inject } from "vitest";
import { type ApiClient, createApiClient } from "../../../client/api-client.ts";
import { DEMO_ORGANIZATION } from "./running-console.ts";
import { type Person, tokenOf } from "./visits.ts";

/** The API as one of the people, for preparing what a browser then works with, and for looking at what came of it. */
export function apiOf(person: Person, organizationId = DEMO_ORGANIZATION): ApiClient {
  return createApiClient({ baseUrl: inject("endpoints").api, token: () => tokenOf(person, organizationId) });
}

/** Something of the demo data with a life to look at: a payout that is partly paid, and its payee. */
export async function anExample(kind: "payout" | "payee"): Promise<string> {
  const { data } = await apiOf("ada").GET("/v2/payouts", {
    params: { query: { status: ["partially_paid"], limit: 1 } },
  });
  const payout = data?.data[0];
  if (payout === undefined) throw new Error("the demo data has no payout that is partly paid");
  return kind === "payout" ? payout.id : payout.payee_id;
}
