/** Roles and settings behind the dispatcher, as the API runs them: real access, a table of its own, a clock that stands. */
import { createAccess } from "../../../../shared/access/access.ts";
import type { Vigilance } from "../../../../shared/access/vigilance.ts";
import { roleOperations } from "../../../../shared/api/contract/roles.ts";
import { settingsOperations } from "../../../../shared/api/contract/settings.ts";
import { createDispatch } from "../../../../shared/api/dispatch.ts";
import { createRoleHandlers } from "../../../../shared/api/handlers/roles.ts";
import { createSettingsHandlers } from "../../../../shared/api/handlers/settings.ts";
import type { OperationSpec } from "../../../../shared/api/operation.ts";
import { createPlatformAdministration } from "../../../../shared/commands/platform.ts";
import { createRoles } from "../../../../shared/commands/roles.ts";
import { createSettingsCommands } from "../../../../shared/commands/settings.ts";
import type { TestDynamo } from "../../../support/dynamodb.ts";
import { createTestWorld, DEFAULT_POLICY, ORG } from "../../../support/world.ts";

const { listRoles: _listed, ...roleSpecs } = roleOperations;
const operations = { ...roleSpecs, ...settingsOperations };
type Id = keyof typeof operations;

export const ADDRESS = "203.0.113.7";

const silent: Vigilance = {
  refused: async () => undefined,
  acted: async () => undefined,
  read: async () => undefined,
};

export interface Asked {
  readonly subject?: string;
  readonly body?: object;
  readonly version?: number;
  readonly from?: string;
}

export async function createAccessApi(dynamo: TestDynamo) {
  const world = await createTestWorld(dynamo);
  const { store, surroundings } = world;
  const handlers = {
    ...createRoleHandlers({ store, roles: createRoles(surroundings) }),
    ...createSettingsHandlers({ store, settings: createSettingsCommands(surroundings), defaultPolicy: DEFAULT_POLICY }),
  };
  const { now } = world.clock;
  const access = createAccess({ store, now });
  const organizationClaim = "organizationId";
  const dispatch = createDispatch({ operations, handlers, store, access, vigilance: silent, now, organizationClaim });
  await createPlatformAdministration(surroundings).run(
    { command: "bootstrap_super_admin", organization_id: ORG, subject: "root", by: "dana" },
    "test",
  );

  /** The status and the body, which a success has as the contract says and nothing else. */
  async function call(by: string, id: Id, { subject, body, version, from = ADDRESS }: Asked = {}) {
    const spec: OperationSpec = operations[id];
    const answer = await dispatch({
      routeKey: `${spec.method} ${spec.path}`,
      headers: {
        "content-type": "application/json",
        ...(version === undefined ? {} : { "if-match": `"${version}"` }),
      },
      ...(subject === undefined ? {} : { pathParameters: { subject } }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      requestContext: {
        requestId: "request-1",
        http: { sourceIp: from },
        authorizer: { jwt: { claims: { sub: by, organizationId: ORG }, scopes: [] } },
      } as never,
    });
    const json = JSON.parse(answer.body ?? "{}");
    const closed = answer.statusCode === spec.answer.status ? spec.answer.schema.parse(json) : json;
    return { status: answer.statusCode, etag: answer.headers?.etag, json, closed };
  }

  return { world, call };
}
