import { Suspense } from "react";
import { useListState } from "../../list/use-list.ts";
import { holdList } from "../holds/hold-list.tsx";
import { scheduleList } from "../schedules/schedule-list.tsx";
import { transferList } from "../transfers/transfer-list.tsx";
import { Panel } from "./panel.tsx";
import { PartTable } from "./part-table.tsx";
import type { PayoutParts } from "./payout-parts.ts";

const scheduleColumns = ["amount", "status", "scheduled", "trigger"];
const holdColumns = ["amount", "status", "release", "reason"];
const transferColumns = ["amount", "status", "outcome", "attempts", "next"];

/** What a payout is paid in: its schedules, what is held of it, and the transfers that came of them. */
export function PayoutSections({ parts, onOpen }: { parts: PayoutParts; onOpen: (id: string) => void }) {
  const { schedules, holds, transfers } = parts;
  return (
    <>
      {schedules.length > 0 && (
        <Panel title="Schedules" framed={false}>
          <PartTable list={scheduleList} records={schedules} columns={scheduleColumns} onOpen={onOpen} />
        </Panel>
      )}
      {holds.length > 0 && (
        <Panel title="Held in escrow" framed={false}>
          <PartTable list={holdList} records={holds} columns={holdColumns} onOpen={onOpen} />
        </Panel>
      )}
      {transfers.length > 0 && (
        <Panel title="Transfers" framed={false}>
          <PartTable list={transferList} records={transfers} columns={transferColumns} onOpen={onOpen} />
        </Panel>
      )}
    </>
  );
}

/** The part that the address names, beside the page. */
export function OpenPart() {
  const { search, change } = useListState();
  const { open } = search;
  if (open === undefined) return null;
  const Detail = detailOf(open);
  if (Detail === undefined) return null;
  return (
    <Suspense fallback={null}>
      <Detail id={open} onClose={() => change({ open: undefined })} />
    </Suspense>
  );
}

/** Ids say by their prefix of what they are. */
function detailOf(id: string) {
  if (id.startsWith("ps_")) return scheduleList.Detail;
  if (id.startsWith("eh_")) return holdList.Detail;
  return id.startsWith("tr_") ? transferList.Detail : undefined;
}
