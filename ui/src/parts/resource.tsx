import { nameOf } from "../i18n";

/** What a permission is about: as the reader calls it, and the name of the contract where that is another one. */
export function Resource({ name }: { name: string }) {
  const called = nameOf(name);
  return (
    <>
      {called}
      {called !== name && <span className="contract">{name}</span>}
    </>
  );
}
