/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/certificate.h>
#include <tegata/context.h>
#include <tegata/datagram-channel.h>
#include <tegata/demux.h>
#include <tegata/dtls.h>
#include <tegata/enum-types.h>
#include <tegata/error.h>
#include <tegata/fingerprint.h>
#include <tegata/listener.h>
#include <tegata/loop.h>
#include <tegata/sdp.h>
#include <tegata/session.h>
#include <tegata/srtp.h>
#include <tegata/transport-listener.h>
#include <tegata/transport.h>
#include <tegata/udp-channel.h>
#include <tegata/version.h>
