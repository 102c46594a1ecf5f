import { isOperator } from "../../access/operators.ts";
import { isScoped, permissionsOf } from "../../access/roles.ts";
import { toInstant } from "../../domain/dates.ts";
import { readSummary, type Scope, type SummaryDeps } from "../../queries/summary.ts";
import type { meOperations } from "../contract/me.ts";
import { answerList, type ListAnswerDeps } from "../list-answer.ts";
import { answered, type Caller, type Handlers, refused } from "../operation.ts";

export interface MeHandlerDeps extends ListAnswerDeps, SummaryDeps {
  readonly lists: ListAnswerDeps["lists"];
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Whose staff may see to the platform itself; absent: nobody's. */
  readonly operatorOrganization?: string | undefined;
}

/** What people may know about themselves; what a payee or a company sees of its own. */
export function createMeHandlers(deps: MeHandlerDeps): Handlers<typeof meOperations> {
  return {
    async getMe({ caller }) {
      const { subject, organizationId, role, scopeId } = caller;
      const me = { subject, organization_id: organizationId, role, scope_id: scopeId ?? null };
      const operator = isOperator(caller, deps.operatorOrganization);
      return answered({ data: { ...me, permissions: permissionsOf(role), platform_operator: operator } });
    },

    async listMyPayouts(request) {
      if (scopeOf(request.caller) === undefined) return notScoped(request.caller);
      return answerList(deps, request, "payout", filtersOf(request.query));
    },

    async listMyHolds(request) {
      if (scopeOf(request.caller) === undefined) return notScoped(request.caller);
      return answerList(deps, request, "escrow_hold", filtersOf(request.query));
    },

    async getMySummary({ caller }) {
      const scope = scopeOf(caller);
      if (scope === undefined) return notScoped(caller);
      return answered({ data: await readSummary(deps, scope, toInstant(deps.now())) });
    },
  };
}

/** Whose records are the caller's own; nobody's for staff, or for a role without its payee or company. */
function scopeOf({ organizationId, role, scopeId }: Caller): Scope | undefined {
  return isScoped(role) && scopeId !== undefined ? { organizationId, role, scopeId } : undefined;
}

function notScoped({ role }: Caller) {
  return refused("permission_required", `${role} has no payouts of its own`);
}

type OwnQuery = Parameters<Handlers<typeof meOperations>["listMyPayouts" | "listMyHolds"]>[0]["query"];

function filtersOf({ status, currency, from, to, sort }: OwnQuery) {
  return { status, currency, from, to, sort };
}
