/**
 * Makes `Date` of this thread follow the virtual clock: the real time plus the shared offset.
 * Only "what time is it now" changes; dates built from arguments stay as they are.
 */
export function installVirtualDate(offset: SharedArrayBuffer): void {
  const shared = new Float64Array(offset);
  const RealDate = globalThis.Date;
  const realNow = RealDate.now.bind(RealDate);
  const now = () => realNow() + (shared[0] ?? 0);

  const VirtualDate = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new RealDate(now()).toString(),
  });
  // Date.now() is a whole number of milliseconds, whatever the offset is.
  RealDate.now = () => Math.floor(now());
  Object.defineProperty(RealDate.prototype, "constructor", { value: VirtualDate, writable: true, configurable: true });
  globalThis.Date = VirtualDate;
}
