/* SPDX-License-Identifier: BSD-2-Clause
 *
 * registry: images of a real registry (OCI distribution specification 1.1, "Pull"; Docker's registry API V2 is the
 * same): manifests into memory, blobs into the store.
 *
 * Plain http is spoken to this machine and to the hosts in $SCIWRAP_INSECURE_REGISTRIES only. Log-ins are found by
 * supply/credentials. A struct registry_ref keeps its log-in: one ref serves for the index, the manifest and the blobs.
 */
#pragma once

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "supply/fetch.h"
#include "base/progress.h"
#include "supply/registry_ref.h"

enum { REGISTRY_MANIFEST_BYTES = 4 * 1024 * 1024 }; /* what registries take at most */

/* The manifest or index that `digest` names; with digest = NULL that of the ref's digest or else its tag. Asked for by
 * digest its bytes are those of the digest, else ERR_MISMATCH. ret_bytes (empty before), ret_media_type (caller frees)
 * and ret_digest are set together; the type is one of the four that are asked for: an OCI or Docker manifest or list.
 * ERR_NOT_FOUND when the registry has none; ERR_NETWORK when it cannot be reached or does not let us in; the text reads
 * after "'URL': ". */
int registry_manifest(const struct registry_ref *ref, const struct digest *digest, struct buf *ret_bytes,
                      char **ret_media_type, struct digest *ret_digest, struct err *err);

/* Brings blobs of the repository into the store: as fetch_all, each item by its digest; addresses in its `from` are
 * tried after the registry, without a log-in. */
int registry_blobs(const struct registry_ref *ref, int store_fd, const struct fetch_item *items, size_t count,
                   struct progress *progress, struct err *err);
