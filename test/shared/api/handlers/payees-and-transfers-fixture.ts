/** Payees and transfers behind the dispatcher; who calls has the role that they are named after. */
import { roleOf } from "../../../../shared/access/roles.ts";
import type { Vigilance } from "../../../../shared/access/vigilance.ts";
import { payeeOperations } from "../../../../shared/api/contract/payees.ts";
import { transferOperations } from "../../../../shared/api/contract/transfers.ts";
import { createDispatch } from "../../../../shared/api/dispatch.ts";
import { createPayeeHandlers } from "../../../../shared/api/handlers/payees.ts";
import { createTransferHandlers } from "../../../../shared/api/handlers/transfers.ts";
import type { OperationSpec } from "../../../../shared/api/operation.ts";
import { createPayees } from "../../../../shared/commands/payees.ts";
import { createTransfers } from "../../../../shared/commands/transfers.ts";
import { create } from "../../../../shared/domain/decision.ts";
import type { Role } from "../../../../shared/domain/model.ts";
import { settingsKey } from "../../../../shared/store/keys.ts";
import { CONTEXT } from "../../../support/records.ts";
import { ORG, PAYEE, type TestWorld } from "../../../support/world.ts";

const operations = { ...payeeOperations, ...transferOperations };
type Id = keyof typeof operations;

const silent: Vigilance = {
  refused: async () => undefined,
  acted: async () => undefined,
  read: async () => undefined,
};

export interface Asked {
  readonly id?: string;
  readonly body?: object;
  readonly version?: number;
  readonly key?: string;
  readonly organizationId?: string;
  /** Whose a scoped role is. */
  readonly scopeId?: string;
}

export function createPayeeAndTransferApi({ store, surroundings, clock }: TestWorld) {
  const dispatch = createDispatch({
    operations,
    handlers: {
      ...createPayeeHandlers({ store, payees: createPayees(surroundings) }),
      ...createTransferHandlers({ store, transfers: createTransfers(surroundings) }),
    },
    store,
    access: {
      load: async (organizationId, subject) => {
        const [name = "", scopeId] = subject.split(":");
        const role = roleOf(name);
        const settings = await store.get("settings", settingsKey(organizationId));
        if (role === undefined) return settings === undefined ? {} : { settings };
        const body = { id: subject, organizationId, role, status: "active", grantedBy: "root" } as const;
        const scope = scopeId === undefined ? {} : { scopeId };
        const assignment = create("role_assignment", { ...body, ...scope }, "role_assignment.granted", CONTEXT);
        return settings === undefined ? { assignment } : { assignment, settings };
      },
    },
    vigilance: silent,
    now: clock.now,
    organizationClaim: "organizationId",
  });
  let requests = 0;

  /** The status and the body, which a success has as the contract says. */
  return async (role: Role, operation: Id, asked: Asked = {}) => {
    requests += 1;
    const { id, body, version, organizationId = ORG, scopeId = PAYEE, key = `key-${requests}` } = asked;
    const spec: OperationSpec = operations[operation];
    const answer = await dispatch({
      routeKey: `${spec.method} ${spec.path}`,
      headers: {
        "content-type": "application/json",
        "idempotency-key": key,
        ...(version === undefined ? {} : { "if-match": `"${version}"` }),
      },
      ...(id === undefined ? {} : { pathParameters: { id } }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      requestContext: {
        requestId: `request-${requests}`,
        http: { sourceIp: "203.0.113.7" },
        authorizer: {
          jwt: { claims: { sub: role === "payee" ? `payee:${scopeId}` : role, organizationId }, scopes: [] },
        },
      } as never,
    });
    const json = JSON.parse(answer.body ?? "{}");
    if (answer.statusCode === spec.answer.status) spec.answer.schema.parse(json);
    return { status: answer.statusCode, etag: answer.headers?.etag, json };
  };
}

export type PayeeAndTransferApi = ReturnType<typeof createPayeeAndTransferApi>;
