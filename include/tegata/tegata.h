/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/certificate.h>
#include <tegata/context.h>
#include <tegata/demux.h>
#include <tegata/dtls.h>
#include <tegata/error.h>
#include <tegata/fingerprint.h>
#include <tegata/listener.h>
#include <tegata/sdp.h>
#include <tegata/session.h>
#include <tegata/srtp.h>
#include <tegata/version.h>
