/** Gives the people who sign in here the role that they ask for, by the ways that a deployment has. */
import type { FunctionRuntime } from "../contracts.ts";
import type { TokenIssuer } from "../http/token-issuer.ts";

export interface RoleWish {
  readonly sub: string;
  readonly organizationId: string;
  readonly role: string;
  /** Of a payee or a company: which one. */
  readonly scopeId?: string | undefined;
}

export interface LocalRolesOptions {
  readonly functions: Pick<FunctionRuntime, "invoke">;
  /** The function that makes an organization's first super_admin. */
  readonly platformFunction: string;
  readonly apiUrl: string;
  readonly issuer: TokenIssuer;
}

export class RoleNotGranted extends Error {
  override readonly name = "RoleNotGranted";
}

/** The first super_admin of every organization here; it grants all other roles. */
export const LOCAL_ROOT = "root";

interface Assigned {
  readonly role: string;
  readonly scope_id: string | null;
  readonly status: string;
  readonly version: number;
}

/** Throws `RoleNotGranted` with the API's own words where it refuses. */
export function createLocalRoles(options: LocalRolesOptions): (wish: RoleWish) => Promise<void> {
  const { functions, platformFunction, apiUrl, issuer } = options;
  const bootstrapped = new Set<string>();

  async function bootstrap(organizationId: string): Promise<void> {
    if (bootstrapped.has(organizationId)) return;
    const command = {
      command: "bootstrap_super_admin",
      organization_id: organizationId,
      subject: LOCAL_ROOT,
      by: "local",
    };
    const { payload, functionError } = await functions.invoke(
      platformFunction,
      JSON.stringify(command),
      "RequestResponse",
    );
    const answer = JSON.parse(payload) as { ok?: boolean; error?: { code: string; message: string } };
    if (functionError !== undefined || (answer.ok !== true && answer.error?.code !== "roster_not_empty")) {
      throw new RoleNotGranted(`no super_admin for ${organizationId}: ${answer.error?.message ?? payload}`);
    }
    bootstrapped.add(organizationId);
  }

  async function call(organizationId: string, method: string, path: string, body?: object, headers = {}) {
    const { access_token: token } = await issuer.issue({ sub: LOCAL_ROOT, organizationId });
    const answer = await fetch(`${apiUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok && answer.status !== 404) throw new RoleNotGranted(`${method} ${path}: ${answer.status} ${text}`);
    return { found: answer.ok, data: (answer.ok ? JSON.parse(text) : {}) as { data?: Assigned } };
  }

  return async ({ sub, organizationId, role, scopeId }) => {
    await bootstrap(organizationId);
    if (sub === LOCAL_ROOT) return;
    const path = `/v2/roles/${encodeURIComponent(sub)}`;
    const { data } = (await call(organizationId, "GET", path)).data;
    const wished = { role, ...(scopeId === undefined ? {} : { scope_id: scopeId }) };
    if (data === undefined || data.status !== "active") {
      await call(organizationId, "POST", "/v2/roles", { subject: sub, ...wished });
    } else if (data.role !== role || (data.scope_id ?? undefined) !== scopeId) {
      await call(organizationId, "PATCH", path, wished, { "if-match": `"${data.version}"` });
    }
  };
}
