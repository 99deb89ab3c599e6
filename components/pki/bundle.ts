/** PEM texts with one certificate or more: while an authority is rotated, two are trusted. The first one is the one that signs. */

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";

/** The certificates of a text, each with a newline at its end. Pure. */
export function certificatesIn(bundle: string): string[] {
  return bundle.split(/(?=-----BEGIN CERTIFICATE-----)/).flatMap((part) => {
    const end = part.indexOf(END);
    return part.startsWith(BEGIN) && end >= 0 ? [`${part.slice(0, end + END.length)}\n`] : [];
  });
}

/** The first certificate of a text. One that has no second one stays as it is, to the letter. Pure. */
export function firstCertificate(bundle: string): string {
  const [first, ...others] = certificatesIn(bundle);
  return first === undefined || others.length === 0 ? bundle : first;
}
