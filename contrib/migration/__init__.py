# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The parts of contrib/migrate: see there."""
