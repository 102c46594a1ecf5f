import type { Transfers } from "../../commands/transfers.ts";
import type { RecordChange } from "../../domain/decision.ts";
import type { Transfer } from "../../domain/model.ts";
import { presentRecord } from "../../events/wire.ts";
import { familyKey, parseFamilyId } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import type { transferOperations } from "../contract/transfers.ts";
import { answered, type Handlers, refused } from "../operation.ts";
import { mayUse } from "../scope.ts";

export interface TransferHandlerDeps {
  readonly store: Pick<Store, "get">;
  readonly transfers: Transfers;
}

function present(transfer: Transfer) {
  return { data: presentRecord("transfer", transfer) };
}

const bodyOf = (_changes: readonly RecordChange[], transfer: Transfer) => present(transfer);

/** One transfer, and what people do with it. */
export function createTransferHandlers({
  store,
  transfers,
}: TransferHandlerDeps): Pick<
  Handlers<typeof transferOperations>,
  "getTransfer" | "reverseTransfer" | "settleTransfer"
> {
  return {
    async getTransfer({ params, caller }) {
      const key =
        parseFamilyId(params.id)?.entity === "transfer" ? familyKey(caller.organizationId, params.id) : undefined;
      const transfer = await store.get("transfer", key);
      if (transfer === undefined || !mayUse(caller, transfer)) return refused("not_found");
      return answered(present(transfer));
    },

    reverseTransfer: ({ params, body, act }) =>
      act(
        (origin) =>
          transfers.requestReversal({
            ...origin,
            transferId: params.id,
            amountMinor: body.amount,
            reason: body.reason,
          }),
        bodyOf,
      ),

    settleTransfer: ({ params, body, act }) =>
      act((origin) => {
        const { evidence } = body;
        const finding =
          body.outcome === "completed"
            ? { outcome: body.outcome, providerTransferId: body.provider_transfer_id, evidence }
            : { outcome: body.outcome, evidence };
        return transfers.settleTransfer({ ...origin, transferId: params.id, finding });
      }, bodyOf),
  };
}
