"""Credit check at registration: may an application be accepted, and on what ground not?"""
