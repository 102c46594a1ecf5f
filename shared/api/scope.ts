import type { Caller } from "./operation.ts";

/** True where a caller may see a record: staff see all of their organization's, a payee or a company its own. */
export function mayUse(caller: Caller, record: { readonly payeeId?: string; readonly companyId?: string }): boolean {
  if (caller.role === "payee") return caller.scopeId !== undefined && record.payeeId === caller.scopeId;
  if (caller.role === "company") return caller.scopeId !== undefined && record.companyId === caller.scopeId;
  return true;
}
