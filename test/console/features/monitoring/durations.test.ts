import { describe, expect, it } from "vitest";
import { formatMilliseconds, formatSeconds, measured } from "../../../../console/src/features/monitoring/durations.ts";

describe("formatSeconds", () => {
  it.each([
    [0, "0 s"],
    [0.44, "0.4 s"],
    [12.4, "12 s"],
    [60, "1 min"],
    [370, "6 min 10 s"],
    [3_599.9, "1 h"],
    [11_103, "3 h 5 min"],
    [86_400, "24 h"],
    [172_800, "2 d"],
    [352_800, "4 d 2 h"],
  ])("%d is %s", (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });
});

describe("formatMilliseconds", () => {
  it("changes to seconds from one on", () => {
    expect(formatMilliseconds(84.4)).toBe("84 ms");
    expect(formatMilliseconds(1_240)).toBe("1.2 s");
  });
});

describe("measured", () => {
  it("has a dash for what was not measured, and not for zero", () => {
    expect(measured(null, formatSeconds)).toBe("–");
    expect(measured(0, formatSeconds)).toBe("0 s");
  });
});
