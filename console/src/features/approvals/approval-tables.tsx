import { Button, Group, Text } from "@mantine/core";
import type { RowSelectionState } from "@tanstack/react-table";
import { Suspense, useCallback, useMemo, useRef, useState } from "react";
import { BulkBar } from "../../list/bulk-bar.tsx";
import type { Column, RecordAction } from "../../list/list-definition.ts";
import { createNarrowing } from "../../list/narrowing.ts";
import { RecordTable } from "../../list/record-table.tsx";
import { useRowKeys } from "../../list/use-row-keys.ts";
import { useSelection } from "../../list/use-selection.ts";
import { useConsole } from "../../session/console-context.tsx";
import { type ApprovalRules, approvalBarred, type Payout } from "../payouts/payout-duties.ts";
import { approvalActions, bulkApproval } from "./approval-actions.ts";
import { approvalColumns } from "./approval-columns.tsx";
import { useDecisionKeys } from "./use-decision-keys.ts";

const nothing = () => undefined;
const noActions: readonly RecordAction<Payout>[] = [];
const noSelection: RowSelectionState = {};
const idsOf = (columns: readonly Column<Payout>[]) => columns.map(({ id }) => id);

interface TableProps {
  readonly payouts: readonly Payout[];
  readonly rules: ApprovalRules | undefined;
  /** Narrows the rows down. */
  readonly find: string;
}

type Opened =
  | { readonly kind: "one"; readonly action: RecordAction<Payout>; readonly record: Payout }
  | { readonly kind: "bulk"; readonly records: readonly Payout[] };

/** What the person can decide: one by one with the keyboard, or several together. */
export function MyApprovals({ payouts, rules, find }: TableProps) {
  const { me } = useConsole();
  const [selection, setSelection] = useSelection("approvals");
  const [opened, setOpened] = useState<Opened>();
  const actions = useMemo(() => approvalActions(rules), [rules]);
  const bulk = useMemo(() => bulkApproval(rules), [rules]);
  const onAction = useCallback(
    (action: RecordAction<Payout>, record: Payout) => setOpened({ kind: "one", action, record }),
    [],
  );
  const columns = useMemo(
    () => [...approvalColumns(rules), decisionColumn(actions, onAction)],
    [rules, actions, onAction],
  );
  const shown = useMemo(() => idsOf(columns), [columns]);
  const selected = useMemo(() => payouts.filter(({ id }) => selection[id]), [payouts, selection]);
  const narrowed = useNarrowed(columns, payouts, find);
  const close = () => setOpened(undefined);

  const keys = useDecisionKeys({
    rows: narrowed,
    enabled: opened === undefined,
    onLetter: (letter, id) => {
      const record = payouts.find((payout) => payout.id === id);
      const action = actions.find(({ label }) => label.toLowerCase().startsWith(letter));
      if (record === undefined || action === undefined || action.barred?.(record, me) !== undefined) return;
      onAction(action, record);
    },
  });

  useRowKeys(keys.ref);

  return (
    <>
      <div {...keys}>
        {narrowed.length === 0 ? (
          <NoneLeft find={find} />
        ) : (
          <RecordTable
            label="payouts that you can approve"
            records={narrowed}
            columns={columns}
            shown={shown}
            sort={undefined}
            currency={undefined}
            onSort={nothing}
            selection={selection}
            onSelection={setSelection}
            actions={noActions}
            onAction={onAction}
            onOpen={undefined}
            faded={false}
          />
        )}
      </div>
      {selected.length > 0 && (
        <BulkBar
          records={selected}
          hidden={selected.filter((payout) => !narrowed.includes(payout)).length}
          actions={[bulk]}
          onAction={(_bulk, records) => setOpened({ kind: "bulk", records })}
          onClear={() => setSelection(noSelection)}
        />
      )}
      <Suspense fallback={null}>
        {opened?.kind === "one" && <opened.action.Dialog record={opened.record} onClose={close} />}
        {opened?.kind === "bulk" && (
          <bulk.Dialog
            records={opened.records}
            onClose={() => {
              close();
              setSelection(noSelection);
            }}
          />
        )}
      </Suspense>
    </>
  );
}

function NoneLeft({ find }: { find: string }) {
  return (
    <Text size="sm" c="dimmed">
      None of them has “{find.trim()}”.
    </Text>
  );
}

/** The rows that have what is typed. */
function useNarrowed(columns: readonly Column<Payout>[], payouts: readonly Payout[], find: string): readonly Payout[] {
  const narrow = useMemo(() => createNarrowing(columns), [columns]);
  return useMemo(() => narrow(payouts, find), [narrow, payouts, find]);
}

/** The two decisions as buttons: in a queue nobody should have to open a menu. */
function decisionColumn(
  actions: readonly RecordAction<Payout>[],
  onAction: (action: RecordAction<Payout>, record: Payout) => void,
): Column<Payout> {
  return {
    id: "decide",
    header: "Decide",
    cell: (payout) => <Decisions payout={payout} actions={actions} onAction={onAction} />,
  };
}

interface DecisionsProps {
  readonly payout: Payout;
  readonly actions: readonly RecordAction<Payout>[];
  readonly onAction: (action: RecordAction<Payout>, record: Payout) => void;
}

function Decisions({ payout, actions, onAction }: DecisionsProps) {
  const { me } = useConsole();
  return (
    <Group gap={6} wrap="nowrap" component="span" display="inline-flex">
      {actions
        .filter(({ barred }) => barred?.(payout, me) === undefined)
        .map((action) => (
          <Button
            key={action.id}
            size="compact-xs"
            variant={action.danger ? "default" : "outline"}
            onClick={() => onAction(action, payout)}
            aria-label={`${action.label} ${payout.id}`}
          >
            {action.label}
          </Button>
        ))}
    </Group>
  );
}

/** What others have to decide, each with the reason why not this person. */
export function OtherApprovals({ payouts, rules, find, reasons }: TableProps & { readonly reasons: boolean }) {
  const { me } = useConsole();
  const columns = useMemo(() => {
    const why = (payout: Payout) => approvalBarred(payout, me, rules) ?? "";
    const reason: Column<Payout> = { id: "reason", header: "Why not you", cell: why, text: why };
    return reasons ? [...approvalColumns(rules), reason] : approvalColumns(rules);
  }, [rules, me, reasons]);
  const shown = useMemo(() => idsOf(columns), [columns]);
  const narrowed = useNarrowed(columns, payouts, find);
  const frame = useRef<HTMLDivElement>(null);
  useRowKeys(frame);
  return (
    <div ref={frame}>
      {narrowed.length === 0 ? (
        <NoneLeft find={find} />
      ) : (
        <RecordTable
          label="payouts that somebody else approves"
          records={narrowed}
          columns={columns}
          shown={shown}
          sort={undefined}
          currency={undefined}
          onSort={nothing}
          selection={noSelection}
          onSelection={undefined}
          actions={noActions}
          onAction={nothing}
          onOpen={undefined}
          faded={false}
        />
      )}
    </div>
  );
}
