import * as z from "zod";
import { accountChangeSchema } from "./accounts.ts";
import { apiKeyStatusSchema } from "./api-keys.ts";
import type { StripeControl } from "./control.ts";
import { faultRuleSchema } from "./faults.ts";
import { settingsPatchSchema } from "./settings.ts";

const currency = z.string().regex(/^[a-z]{3}$/);
/** `set` replaces the balance silently; `topUp` adds to it and sends `balance.available`. */
const balanceSchema = z.union([
  z.strictObject({ currency, set: z.int().min(0) }),
  z.strictObject({ currency, topUp: z.int().min(1) }),
]);
const rollSchema = z.strictObject({
  target: z.string(),
  secret: z.string().optional(),
  keepPreviousMs: z.int().min(0).optional(),
});
const eventSchema = z.strictObject({
  type: z.string(),
  object: z.record(z.string(), z.unknown()),
  account: z.string().optional(),
});

type Route = readonly [method: string, path: RegExp, run: (body: unknown, id: string) => unknown];

/** The control over HTTP, in JSON: `/_control/…`. Gives the status and the body. */
export function createControlRoutes(control: StripeControl) {
  const routes: readonly Route[] = [
    ["GET", /^\/_control\/books$/, () => control.books()],
    ["GET", /^\/_control\/deliveries$/, () => ({ deliveries: control.deliveries() })],
    ["GET", /^\/_control\/settings$/, () => control.settings()],
    ["POST", /^\/_control\/settings$/, (body) => control.updateSettings(settingsPatchSchema.parse(body))],
    ["POST", /^\/_control\/balance$/, (body) => changeBalance(control, balanceSchema.parse(body))],
    ["POST", /^\/_control\/accounts\/([^/]+)$/, (body, id) => control.setAccount(id, accountChangeSchema.parse(body))],
    ["GET", /^\/_control\/faults$/, () => ({ faults: control.faults() })],
    ["POST", /^\/_control\/faults$/, (body) => control.addFault(faultRuleSchema.parse(body))],
    ["POST", /^\/_control\/faults\/clear$/, () => control.clearFaults()],
    [
      "POST",
      /^\/_control\/keys\/([^/]+)$/,
      (body, id) => control.setApiKey(id, z.strictObject({ status: apiKeyStatusSchema }).parse(body).status),
    ],
    ["POST", /^\/_control\/webhook-secrets$/, (body) => control.rollWebhookSecret(rollSchema.parse(body))],
    ["POST", /^\/_control\/events$/, (body) => control.emitEvent(eventSchema.parse(body))],
    ["POST", /^\/_control\/events\/([^/]+)\/resend$/, (_body, id) => control.resendEvent(id)],
  ];

  return function answer(
    method: string,
    path: string,
    text: string,
  ): { readonly status: number; readonly body: unknown } {
    for (const [routeMethod, pattern, run] of routes) {
      const match = routeMethod === method ? pattern.exec(path) : null;
      if (match === null) continue;
      try {
        return {
          status: 200,
          body: run(text === "" ? {} : JSON.parse(text), decodeURIComponent(match[1] ?? "")) ?? {},
        };
      } catch (error) {
        if (error instanceof z.ZodError) return { status: 400, body: { message: z.prettifyError(error) } };
        if (error instanceof SyntaxError || error instanceof RangeError)
          return { status: 400, body: { message: error.message } };
        throw error;
      }
    }
    return { status: 404, body: { message: `No control at ${method} ${path}` } };
  };
}

function changeBalance(control: StripeControl, change: z.infer<typeof balanceSchema>) {
  if ("set" in change) control.setBalance({ currency: change.currency, amount: change.set });
  else control.topUp({ currency: change.currency, amount: change.topUp });
  return { currency: change.currency, amount: control.balance(change.currency) };
}
