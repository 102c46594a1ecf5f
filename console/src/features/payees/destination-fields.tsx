import { ActionIcon, Button, Fieldset, Group, Input, Stack, TextInput, Tooltip } from "@mantine/core";
import type { GetInputPropsReturnType } from "@mantine/form";
import { IconArrowUp, IconPlus, IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { type DraftDestination, emptyDraft } from "./payee-values.ts";

/** The API's own limit. */
const MAXIMUM = 8;

interface DestinationFieldsProps {
  readonly destinations: readonly DraftDestination[];
  /** Of the list as a whole. */
  readonly error?: ReactNode;
  /** Props of the input at a path such as `destinations.0.account`. */
  readonly inputProps: (path: string) => GetInputPropsReturnType;
  readonly onInsert: (draft: DraftDestination) => void;
  readonly onRemove: (index: number) => void;
  readonly onMove: (move: { from: number; to: number }) => void;
}

/** Destinations in their order; money goes to the first Stripe account. */
export function DestinationFields(props: DestinationFieldsProps) {
  const { destinations, error, inputProps, onInsert, onRemove, onMove } = props;
  const used = destinations.find(({ provider }) => provider === "stripe");
  return (
    <Stack gap="sm">
      {destinations.map((draft, index) => (
        <Fieldset key={draft.id} legend={legendOf(draft, draft === used)} p="sm">
          <Group align="flex-start" gap="xs" wrap="nowrap">
            <Stack gap="xs" style={{ flex: 1, minWidth: 0 }}>
              {draft.provider === "stripe" ? (
                <TextInput
                  label="Account"
                  description="acct_…, of the connected account"
                  withAsterisk
                  {...inputProps(`destinations.${index}.account`)}
                />
              ) : (
                <XenditFields draft={draft} at={`destinations.${index}`} inputProps={inputProps} />
              )}
            </Stack>
            <Stack gap={4}>
              <Tooltip label="Remove">
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={`Remove destination ${index + 1}`}
                  onClick={() => onRemove(index)}
                >
                  <IconTrash size={16} stroke={1.6} />
                </ActionIcon>
              </Tooltip>
              {index > 0 && (
                <Tooltip label="Move up">
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={`Move destination ${index + 1} up`}
                    onClick={() => onMove({ from: index, to: index - 1 })}
                  >
                    <IconArrowUp size={16} stroke={1.6} />
                  </ActionIcon>
                </Tooltip>
              )}
            </Stack>
          </Group>
        </Fieldset>
      ))}
      {error !== undefined && <Input.Error>{error}</Input.Error>}
      {destinations.length < MAXIMUM && (
        <Group gap="xs">
          {(["stripe", "xendit"] as const).map((provider) => (
            <Button
              key={provider}
              size="xs"
              variant="default"
              leftSection={<IconPlus size={14} stroke={1.6} />}
              onClick={() => onInsert(emptyDraft(provider))}
            >
              {provider === "stripe" ? "Stripe account" : "Xendit channel"}
            </Button>
          ))}
        </Group>
      )}
    </Stack>
  );
}

function legendOf({ provider }: DraftDestination, isUsed: boolean): string {
  if (provider === "stripe") return isUsed ? "Stripe: money goes here" : "Stripe: kept, not used";
  return "Xendit: kept, nothing is sent through it yet";
}

interface XenditFieldsProps extends Pick<DestinationFieldsProps, "inputProps"> {
  readonly draft: DraftDestination;
  /** Where the destination is among the form's values. */
  readonly at: string;
}

function XenditFields({ draft, at, inputProps }: XenditFieldsProps) {
  return (
    <>
      <TextInput
        label="Channel"
        description="Such as ID_BCA or PH_GCASH"
        withAsterisk
        {...inputProps(`${at}.channel_code`)}
      />
      <TextInput
        label="Account number"
        description={draft.masked === undefined ? undefined : `Now ${draft.masked.number}: type it in full to keep it`}
        withAsterisk
        autoComplete="off"
        {...inputProps(`${at}.account_number`)}
      />
      <TextInput label="Account holder" withAsterisk {...inputProps(`${at}.account_holder_name`)} />
    </>
  );
}
