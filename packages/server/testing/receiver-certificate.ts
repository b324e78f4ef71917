/** The name that the certificate is made out to; no resolver knows it. */
export const certifiedName = "receiver.test";

/** A certificate that signed itself, valid from 2020 to 2120: known to nobody, and good for nothing but tests. */
export const receiverCertificate: string = pem(
  "CERTIFICATE",
  "MIIBgDCCASagAwIBAgIUfrTjeR/pQnOZvkNaYc2xAoYStk8wCgYIKoZIzj0EAwIw" +
    "GDEWMBQGA1UEAwwNcmVjZWl2ZXIudGVzdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIw" +
    "MDEwMTAwMDAwMFowGDEWMBQGA1UEAwwNcmVjZWl2ZXIudGVzdDBZMBMGByqGSM49" +
    "AgEGCCqGSM49AwEHA0IABFI2FnA92C3u5Xa1nOCm9e1t2IvVFp1xVvY07/cNVUdk" +
    "eXxWffXGqPEAkqQbVUYyD6iV9Hw4YT1l/PXFHbYck4ejTDBKMBgGA1UdEQQRMA+C" +
    "DXJlY2VpdmVyLnRlc3QwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQUg3b7XLhg" +
    "T+duIFLStvnjFLLsCgkwCgYIKoZIzj0EAwIDSAAwRQIgMB5/Xen3OlKVb4RhbqjP" +
    "INMOW8WKEy8zs4w4+qnWzW4CIQDokc8ngEPKQnN49lFFcBukJoJhkyLFKjvfBtj2" +
    "Y/S5bg==",
);

/** The key of the certificate, which is no secret. */
export const receiverKey: string = pem(
  "PRIVATE KEY",
  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgljdS3f0WS1WHieIu" +
    "/YnsM4iuUoIIcDjBCu9sGdK5/Z6hRANCAARSNhZwPdgt7uV2tZzgpvXtbdiL1Rad" +
    "cVb2NO/3DVVHZHl8Vn31xqjxAJKkG1VGMg+olfR8OGE9Zfz1xR22HJOH",
);

function pem(label: string, text: string): string {
  return `-----BEGIN ${label}-----\n${text.replace(/.{64}/g, "$&\n")}\n-----END ${label}-----\n`;
}
