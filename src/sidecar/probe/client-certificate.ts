import { type CertificateFiles, type KeyPair, readKeyPair } from '../../net/key-pair.ts'

/** The certificate that the probe shows to the puppet, as its files have it now. */
export class ClientCertificate {
  readonly #files: CertificateFiles
  #pair: KeyPair

  /** @param pair what the files held at the start */
  constructor({ files, pair }: { readonly files: CertificateFiles; readonly pair: KeyPair }) {
    this.#files = files
    this.#pair = pair
  }

  /** Reads the files; while a renewal is under way, or they are gone, what they held before. */
  get current(): KeyPair {
    try {
      this.#pair = readKeyPair(this.#files)
    } catch {
      // What is wrong is said by the puppet, when the old certificate will not do any more.
    }
    return this.#pair
  }
}
