import { NumberInput, type NumberInputProps } from "@mantine/core";
import { useState } from "react";

export interface DecimalInputProps extends Omit<NumberInputProps, "value" | "onChange"> {
  /** Undefined while nothing is typed. */
  readonly value: number | undefined;
  readonly onChange: (value: number | undefined) => void;
}

/**
 * A number with decimals. While it is typed it isn't always a number yet (`12.`): what is typed stays as it is for as long
 * as it stands for the value.
 */
export function DecimalInput({ value, onChange, ...rest }: DecimalInputProps) {
  const [typed, setTyped] = useState<number | string>("");
  return (
    <NumberInput
      {...rest}
      // What is left is not written anew (`100.50` as `100.5`): the caret would follow, and take the focus back with it.
      trimLeadingZeroesOnBlur={false}
      allowLeadingZeros={false}
      value={numberOf(typed) === value ? typed : (value ?? "")}
      onChange={(text) => {
        setTyped(text);
        onChange(numberOf(text));
      }}
    />
  );
}

function numberOf(typed: number | string): number | undefined {
  const number = typeof typed === "number" ? typed : Number.parseFloat(typed);
  return Number.isFinite(number) ? number : undefined;
}
